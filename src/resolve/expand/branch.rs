//! Branches: groups, `skip`, and what several ends may flow into.

use super::{Branch, Expander, Flow};
use crate::diagnostic::{Code, Diagnostic};
use crate::layer::{self, Args};
use crate::resolve::Source;
use crate::resolve::value::Scope;
use crate::source::Span;
use crate::syntax::ast::Chain;

impl Expander<'_> {
    pub(super) fn expand_group(&mut self, branches: &[Chain], flow: Flow, span: Span) -> Flow {
        if let [chain] = branches {
            return self.expand_chain(chain, flow);
        }
        let input = self.single(flow, span);
        let ends = branches.iter().map(|chain| self.expand_branch(chain, input)).collect();
        Flow::Branches(ends)
    }

    pub(super) fn expand_branch(&mut self, chain: &Chain, input: Source) -> Branch {
        let flow = self.expand_chain(chain, Flow::One(input));
        let unmerged = matches!(flow, Flow::Branches(_));
        let source = self.single(flow, chain.span);
        let label = chain.steps.last().and_then(|step| step.label.clone());
        Branch { source, label, span: chain.span, unmerged }
    }

    /// The one value that flows here; several branches are reported.
    pub(super) fn single(&mut self, flow: Flow, reader: Span) -> Source {
        match flow {
            Flow::One(source) => source,
            Flow::Branches(branches) => {
                self.report_unmerged(&branches, Some(reader));
                Source::Unknown
            }
        }
    }

    pub(super) fn report_unmerged(&mut self, branches: &[Branch], reader: Option<Span>) {
        let whole = branches[0].span.to(branches[branches.len() - 1].span);
        let diagnostic = Diagnostic::error(Code::UNMERGED, "these branches end without a merge")
            .at(whole, format!("{} branches", branches.len()));
        let contained = reader.filter(|reader| reader.file == whole.file && reader.start >= whole.end);
        let diagnostic = match contained {
            Some(reader) => diagnostic.with(reader, "this reads one value"),
            None if reader.is_none() => {
                diagnostic.remark("at the end of a network, outputs have names: `( A as logits | B as image )`")
            }
            None if branches.iter().all(|branch| branch.label.is_some()) => {
                diagnostic.remark("outputs stand side by side: `( A as logits | B as a | C as b )`")
            }
            None => diagnostic,
        };
        self.report(diagnostic.remark("merge them by `-> Add`, `Mul`, `Max`, `Mean` or `Concat`"));
    }

    pub(super) fn expand_skip(&mut self, keyword: Span, branches: &[Chain], flow: Flow) -> Flow {
        let input = self.single(flow, keyword);
        let ends: Vec<Source> = branches.iter().map(|chain| self.expand_branch(chain, input).source).collect();
        let inputs = match ends.as_slice() {
            [end] => vec![*end, input],
            _ => ends,
        };
        let args = Args::new(layer::ADD.parameters, vec![layer::Bound { value: layer::Argument::Absent, span: None }]);
        let sum = self.push(layer::ADD, args, inputs, keyword, keyword, None);
        if let ([branch], Source::Node(index)) = (branches, sum) {
            self.nodes[index].shortcut = Some(branch.span);
        }
        Flow::One(sum)
    }
}
