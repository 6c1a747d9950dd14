//! Graph -> its units: which features of its values live and die together, and which cannot be removed.
//!
//! A unit is an output channel of `Conv` or `ConvT`, an output of `FC`, or a hidden unit of one layer and direction of a
//! recurrent layer. Units that a merge adds up, feature by feature, are tied: a network without one of them has none of
//! the others.

mod axes;
mod flow;
mod ties;

pub use axes::TensorAxes;

use super::Graph;
use crate::layer::Op;
use flow::Flow;
use ties::Ties;

/// Units that live and die together, by number.
pub type Tie = usize;

/// The units of a layer; of a recurrent one, those of one of its layers in one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Bank {
    pub node: usize,
    /// Of a recurrent layer, layer * directions + direction.
    pub part: usize,
    /// Each unit's tie.
    pub units: Vec<Tie>,
}

/// Banks whose units are tied one to one, or one bank alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    pub banks: Vec<usize>,
    /// Why none of the units can be removed.
    pub kept: Option<&'static str>,
}

/// The units of a graph.
#[derive(Clone, Debug)]
pub struct Units {
    pub banks: Vec<Bank>,
    pub cohorts: Vec<Cohort>,
    /// The ties of the features that each node reads; of its first input.
    reads: Vec<Vec<Tie>>,
    ties: usize,
}

impl Units {
    pub fn of(graph: &Graph) -> Self {
        let Flow { banks, reads, mut ties } = Flow::through(graph);
        let banks: Vec<Bank> = banks
            .into_iter()
            .map(|bank| Bank { units: bank.units.iter().map(|&unit| ties.root(unit)).collect(), ..bank })
            .collect();
        let reads = reads.into_iter().map(|read| read.into_iter().map(|unit| ties.root(unit)).collect()).collect();
        let cohorts = cohorts(graph, &banks, &ties);
        Self { banks, cohorts, reads, ties: ties.len() }
    }

    /// How many numbers of ties there are.
    pub fn ties(&self) -> usize {
        self.ties
    }
}

/// Banks that share ties, and why some of them stay as they are.
fn cohorts(graph: &Graph, banks: &[Bank], ties: &Ties) -> Vec<Cohort> {
    let mut of_tie = vec![None; ties.len()];
    let mut joined = Ties::default();
    for _ in banks {
        joined.add();
    }
    for (index, bank) in banks.iter().enumerate() {
        for &tie in &bank.units {
            let first = *of_tie[tie].get_or_insert(index);
            joined.tie(first, index);
        }
    }
    let roots: Vec<usize> = (0..banks.len()).map(|bank| joined.root(bank)).collect();
    let members = |root: usize| (0..banks.len()).filter(|&bank| roots[bank] == root).collect::<Vec<_>>();
    let firsts = (0..banks.len()).filter(|&bank| roots[..bank].iter().all(|root| *root != roots[bank]));
    let mut cohorts: Vec<Cohort> = firsts
        .map(|bank| {
            let members = members(roots[bank]);
            Cohort { kept: reason(banks, &members, ties), banks: members }
        })
        .collect();
    keep_recurrent_layers_whole(graph, banks, &mut cohorts);
    cohorts
}

fn reason(banks: &[Bank], members: &[usize], ties: &Ties) -> Option<&'static str> {
    let units = members.iter().flat_map(|&bank| &banks[bank].units);
    let fixed = units.copied().find_map(|unit| ties.fixed(unit));
    fixed.or_else(|| {
        let sorted = |bank: usize| {
            let mut units = banks[bank].units.clone();
            units.sort_unstable();
            units
        };
        let first = sorted(members[0]);
        let one_to_one = first.windows(2).all(|pair| pair[0] != pair[1]) && members.iter().all(|&b| sorted(b) == first);
        (!one_to_one).then_some("its units are tied to those of other layers, but not one to one")
    })
}

/// All layers and directions of a recurrent layer have as many units, so none loses any where one cannot.
fn keep_recurrent_layers_whole(graph: &Graph, banks: &[Bank], cohorts: &mut [Cohort]) {
    let node_of = |bank: &usize| banks[*bank].node;
    loop {
        let recurrent = |node: &usize| matches!(graph.nodes[*node].op, Op::Recurrent(_));
        let kept: Vec<usize> = (cohorts.iter().filter(|cohort| cohort.kept.is_some()))
            .flat_map(|cohort| cohort.banks.iter().map(node_of).filter(recurrent))
            .collect();
        let bound =
            |cohort: &&mut Cohort| cohort.kept.is_none() && cohort.banks.iter().any(|b| kept.contains(&node_of(b)));
        let mut bound: Vec<&mut Cohort> = cohorts.iter_mut().filter(bound).collect();
        if bound.is_empty() {
            return;
        }
        bound.iter_mut().for_each(|cohort| cohort.kept = Some("another of its layers or directions cannot lose units"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Given, check};
    use crate::source::SourceMap;

    /// Each cohort: the paths of its layers with their units, and whether they can be removed.
    fn cohorts(text: &str) -> Vec<(Vec<String>, bool)> {
        let mut sources = SourceMap::new();
        let file = sources.add("model.net", None, text);
        let graph = check(&mut sources, file, &Given::default()).graph.expect("the text checks");
        let units = Units::of(&graph);
        let name = |&bank: &usize| {
            let bank = &units.banks[bank];
            format!("{} {}", graph.nodes[bank.node].path, bank.units.len())
        };
        units.cohorts.iter().map(|cohort| (cohort.banks.iter().map(name).collect(), cohort.kept.is_none())).collect()
    }

    fn check_cohorts(text: &str, expected: &[(&[&str], bool)]) {
        let found = cohorts(text);
        let expected: Vec<(Vec<String>, bool)> =
            expected.iter().map(|(names, free)| (names.iter().map(|name| name.to_string()).collect(), *free)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn inner_layers_are_free_and_outputs_stay() {
        let text = "Conv(1,8,3) -> BatchNorm -> ReLU -> Pool(2) -> FC(_,16) -> ReLU -> FC";
        check_cohorts(text, &[(&["Conv 8"], true), (&["FC 16"], true), (&["FC.2 10"], false)]);
    }

    #[test]
    fn merges_tie_units_one_to_one() {
        let text = "Conv(1,8,3,pad=1) -> skip(ReLU -> Conv(_,4,3,pad=1) -> Conv(_,8,3,pad=1)) -> FC";
        check_cohorts(text, &[(&["Conv 8", "Conv.3 8"], true), (&["Conv.2 4"], true), (&["FC 10"], false)]);
    }

    #[test]
    fn a_depthwise_convolution_ties_its_units_to_the_channels_that_they_read() {
        let text = "Conv(1,8,3) -> Conv(8,8,3,groups=8) -> Conv(8,4,1) -> FC";
        check_cohorts(text, &[(&["Conv 8", "Conv.2 8"], true), (&["Conv.3 4"], true), (&["FC 10"], false)]);
    }

    #[test]
    fn concatenated_units_are_free_unless_a_sum_joins_several() {
        let free = "( Conv(1,4,3) | Conv(1,6,3) ) -> Concat -> Conv(_,10,1) -> FC";
        check_cohorts(free, &[(&["Conv 4"], true), (&["Conv.2 6"], true), (&["Conv.3 10"], true), (&["FC 10"], false)]);
        let tied = "( ( Conv(1,4,3) | Conv(1,6,3) ) -> Concat | Conv(1,10,3) ) -> Add -> FC";
        check_cohorts(tied, &[(&["Conv 4", "Conv.2 6", "Conv.3 10"], false), (&["FC 10"], false)]);
    }

    #[test]
    fn what_reads_the_number_of_its_features_keeps_them() {
        let kept = |text: &str| assert!(!cohorts(text)[0].1, "{text}");
        kept("Conv(1,8,3) -> LayerNorm -> FC");
        kept("Conv(1,8,3) -> GroupNorm(2) -> FC");
        kept("Conv(1,8,3) -> Conv(8,8,3,groups=4) -> FC");
        kept("Conv(1,8,5) -> Reshape(4x24x48) -> FC");
        kept("Conv(1,8,5) -> Seq(by=channels) -> LSTM(_,4) -> FC");
        kept("Conv(1,8,5) -> Softmax -> FC");
        kept("skip(Conv(1,1,3,pad=1)) -> FC");
    }

    #[test]
    fn the_layers_of_a_recurrent_one_lose_units_together_or_not_at_all() {
        check_cohorts("LSTM(28,35,2) -> FC", &[(&["LSTM 35"], true), (&["LSTM 35"], true), (&["FC 10"], false)]);
        check_cohorts("LSTM(28,10,2)", &[(&["LSTM 10"], false), (&["LSTM 10"], false)]);
        let both = "input 1x28x28\nclasses 20\nGRU(28,10,bidirectional=true) -> FC";
        check_cohorts(both, &[(&["GRU 10"], true), (&["GRU 10"], true), (&["FC 20"], false)]);
    }
}
