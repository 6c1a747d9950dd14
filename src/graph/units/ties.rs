//! Numbers that are tied pair by pair -> sets of them (union and find), some of which are fixed, with a reason.

/// Sets of numbers.
#[derive(Clone, Debug, Default)]
pub struct Ties {
    parents: Vec<usize>,
    /// By root.
    fixed: Vec<Option<&'static str>>,
}

impl Ties {
    /// A new number, in a set of its own.
    pub fn add(&mut self) -> usize {
        self.parents.push(self.parents.len());
        self.fixed.push(None);
        self.parents.len() - 1
    }

    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// The number that stands for the set of `number`.
    pub fn root(&mut self, number: usize) -> usize {
        let mut at = number;
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    /// Joins the sets of two numbers.
    pub fn tie(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.fixed[a] = self.fixed[a].or(self.fixed[b]);
        self.parents[b] = a;
    }

    /// Fixes the set of a number; the first reason stays.
    pub fn fix(&mut self, number: usize, reason: &'static str) {
        let root = self.root(number);
        self.fixed[root].get_or_insert(reason);
    }

    /// Why the set of this root is fixed, if it is.
    pub fn fixed(&self, root: usize) -> Option<&'static str> {
        self.fixed[root]
    }
}
