//! The instruction sets that kernels are compiled for, and the choice among them at run time.

#[cfg(target_arch = "x86_64")]
use super::lane::{Avx2, Avx512};
use super::lane::{Lane, Portable};

/// Work written once for every instruction set. `run`, and all that it calls with a [`Lane`], must be
/// `#[inline(always)]`: only inlined code is compiled for the instruction set.
pub trait Kernel {
    type Output;

    fn run<L: Lane>(self) -> Self::Output;
}

/// An instruction set that this machine has: a value exists only where it was detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Set);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Set {
    Avx512,
    Avx2,
    Portable,
}

impl Isa {
    /// What every machine has.
    pub const PORTABLE: Isa = Isa(Set::Portable);

    /// The fastest that this machine has.
    pub fn best() -> Self {
        Self::available().next().unwrap_or(Self::PORTABLE)
    }

    /// All that this machine has, the fastest first.
    pub fn available() -> impl Iterator<Item = Self> {
        let detected = |set: &Set| match set {
            Set::Avx512 => has_avx512(),
            Set::Avx2 => has_avx2(),
            Set::Portable => true,
        };
        [Set::Avx512, Set::Avx2, Set::Portable].into_iter().filter(detected).map(Isa)
    }

    /// `avx512`, `avx2` or `portable`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Avx512 => "avx512",
            Set::Avx2 => "avx2",
            Set::Portable => "portable",
        }
    }

    #[cfg(target_arch = "x86_64")]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        match self.0 {
            // SAFETY: `self` exists, so the machine has these instructions.
            Set::Avx512 => unsafe { run_avx512(kernel) },
            // SAFETY: as above.
            Set::Avx2 => unsafe { run_avx2(kernel) },
            Set::Portable => kernel.run::<Portable>(),
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    pub fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run::<Portable>()
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    let wide = is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512dq");
    wide && is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vl") && has_avx2()
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx512() -> bool {
    false
}

#[cfg(not(target_arch = "x86_64"))]
fn has_avx2() -> bool {
    false
}
