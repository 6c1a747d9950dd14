//! A graph and the name of a place in it -> the value there, and the graph that makes this value alone.

use super::{Graph, Node, Output, Value};
use crate::diagnostic::{Code, Diagnostic};
use crate::resolve::names::nearest;

/// How many places a message lists.
const LISTED: usize = 12;

impl Graph {
    /// What a layer, label or output of this name makes, or a block: `Conv.2`, `Stage.1.Conv`, `Stage.1`. Layers come
    /// first where several have one name.
    ///
    /// # Errors
    /// N0203 for a name that nothing has, with the nearest one.
    pub fn value_at(&self, place: &str) -> Result<Value, Diagnostic> {
        let node = self.nodes.iter().position(|node| node.path == place).map(Value::Node);
        let label = || self.labels.iter().find(|label| label.path == place).map(|label| label.value);
        let output = || self.outputs.iter().find(|output| output.name == place).map(|output| output.value);
        let block = || self.nodes.iter().rposition(|node| blocks(node).any(|block| block == place)).map(Value::Node);
        node.or_else(label).or_else(output).or_else(block).ok_or_else(|| self.no_such(place))
    }

    /// The graph of the nodes that `value` depends on, with it as the only output.
    pub fn up_to(&self, value: Value, name: &str) -> Graph {
        let wanted = self.needed(value);
        let mut places = vec![None; self.nodes.len()];
        let kept = (0..self.nodes.len()).filter(|&index| wanted[index]);
        kept.clone().enumerate().for_each(|(at, index)| places[index] = Some(at));
        let moved = |value: Value| match value {
            Value::Node(index) => places[index].map_or(Value::Input, Value::Node),
            Value::Input => Value::Input,
        };
        let node = |index: usize| {
            let node = self.nodes[index].clone();
            Node { inputs: node.inputs.iter().map(|&input| moved(input)).collect(), ..node }
        };
        Graph {
            nodes: kept.map(node).collect(),
            outputs: vec![Output { name: name.to_string(), value: moved(value) }],
            labels: vec![],
            ..*self
        }
    }

    /// Which nodes a value depends on.
    fn needed(&self, value: Value) -> Vec<bool> {
        let mut needed = vec![false; self.nodes.len()];
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            if let Value::Node(index) = value
                && !std::mem::replace(&mut needed[index], true)
            {
                open.extend(&self.nodes[index].inputs);
            }
        }
        needed
    }

    fn no_such(&self, place: &str) -> Diagnostic {
        let blocks: Vec<String> = self.nodes.iter().flat_map(blocks).collect();
        let layers = self.nodes.iter().map(|node| node.path.as_str());
        let labels = self.labels.iter().map(|label| label.path.as_str());
        let outputs = self.outputs.iter().map(|output| output.name.as_str());
        let known = || layers.clone().chain(labels.clone()).chain(outputs.clone());
        let error = Diagnostic::error(Code::UNKNOWN_LABEL, format!("the network has no layer or label `{place}`"));
        let error = match nearest(place, known().chain(blocks.iter().map(String::as_str))) {
            Some(meant) => error.remark(format!("did you mean `{meant}`?")),
            None => error,
        };
        let listed: Vec<String> = known().take(LISTED).map(|name| format!("`{name}`")).collect();
        let more = if known().count() > LISTED { ", ..." } else { "" };
        error.remark(format!("its layers and labels: {}{more}", listed.join(", ")))
    }
}

/// The paths of the blocks around a node: `Stage.2`, `Stage.2.Inner.1`.
fn blocks(node: &Node) -> impl Iterator<Item = String> {
    (1..=node.block.len()).map(|depth| node.block[..depth].join("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Given, check, verify};
    use crate::source::SourceMap;

    fn graph() -> Graph {
        let mut sources = SourceMap::new();
        let text = "block Inner(n) = Conv(n, n, 3, pad=1) as deep -> ReLU\n\
                    block Stage(in, out) = Conv(in, out, 3) -> Inner(out) as inner\n\
                    Stage(1, 4) as first -> skip(Stage(4, 4) -> Pad(1)) as sum -> Pool(2) -> (ReLU as x -> Tanh) * 2 -> FC as end";
        let file = sources.add("a.net", None, text);
        check(&mut sources, file, &Given::default()).graph.expect("no mistake")
    }

    fn check_place(place: &str, path: &str) {
        let graph = graph();
        let Ok(Value::Node(index)) = graph.value_at(place) else { panic!("{place}") };
        assert_eq!(graph.nodes[index].path, path, "{place}");
        let cut = graph.up_to(Value::Node(index), place);
        assert_eq!(verify(&cut), Ok(()));
        assert_eq!(cut.nodes.last().map(|node| node.path.as_str()), Some(path));
        assert_eq!(cut.shape(cut.outputs[0].value), graph.nodes[index].output);
    }

    #[test]
    fn layers_labels_blocks_and_outputs_are_places() {
        check_place("Stage.1.Conv", "Stage.1.Conv");
        check_place("Stage.2.Inner.1.deep", "Stage.2.Inner.1.deep");
        check_place("Stage.2.Inner.1", "Stage.2.Inner.1.ReLU");
        check_place("Stage.2.inner", "Stage.2.Inner.1.ReLU");
        check_place("first", "Stage.1.Inner.1.ReLU");
        check_place("sum", "Add");
        check_place("x.2", "x.2");
        check_place("end", "end");
        check_place("logits", "end");
    }

    #[test]
    fn what_a_value_does_not_depend_on_is_left_out() {
        let mut sources = SourceMap::new();
        let file = sources.add("a.net", None, "Conv(1, 4, 3) -> ( ReLU as a | Tanh as b ) -> Add -> FC");
        let graph = check(&mut sources, file, &Given::default()).graph.expect("no mistake");
        let cut = graph.up_to(graph.value_at("b").expect("a place"), "b");
        let paths: Vec<&str> = cut.nodes.iter().map(|node| node.path.as_str()).collect();
        assert_eq!((paths, verify(&cut)), (vec!["Conv", "b"], Ok(())));
    }

    #[test]
    fn an_unknown_place_is_an_error_with_the_nearest_one() {
        let error = graph().value_at("Stage.1.Cnov").expect_err("no such place");
        assert_eq!((error.id.as_str(), error.notes[0].as_str()), ("N0203", "did you mean `Stage.1.Conv`?"));
        assert!(error.notes[1].starts_with("its layers and labels: `Stage.1.Conv`"), "{:?}", error.notes);
    }
}
