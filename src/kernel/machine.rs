//! What a kernel runs on: an instruction set and a team of threads.

use super::isa::Isa;
use super::team::Team;

pub struct Machine {
    pub isa: Isa,
    pub team: Team,
}

impl Machine {
    /// This machine's fastest instruction set on so many threads.
    pub fn new(threads: usize) -> Self {
        Self { isa: Isa::best(), team: Team::new(threads) }
    }

    pub fn with_isa(isa: Isa, threads: usize) -> Self {
        Self { isa, team: Team::new(threads) }
    }
}
