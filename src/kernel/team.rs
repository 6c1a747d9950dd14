//! Threads that run the tasks of one job after the other: the caller and its workers, who wait for the next job by
//! spinning briefly, then giving way to whoever else wants the core, then parking.
//!
//! A job's tasks are dealt out in order, so that a thread finds in its own cache what it made of the same images in the job
//! before; who is done with his own takes the others' last ones.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::thread::{self, JoinHandle};

use super::shared::Shared;

/// How often a thread that waits looks before it gives way between looks: some 20 us, so that it takes little from another
/// thread of the team that was put on the same core.
const SPINS: u32 = 1_000;

/// How often it then looks, giving way between, before it rests: some 10 ms on a core that nobody else wants. A thread that
/// rests comes back late, and often on the core of the one that wakes it.
const YIELDS: u32 = 20_000;

/// After so many looks it rests.
const GIVEN_UP: u32 = SPINS + YIELDS;

/// The most tasks of one job.
const MAX_TASKS: usize = u16::MAX as usize;

/// So many threads, the caller of [`Team::run`] among them.
pub struct Team {
    board: Arc<Board>,
    workers: Vec<JoinHandle<()>>,
    /// Held while a job runs.
    busy: Mutex<()>,
}

/// Where the caller posts jobs. A job is known by its number, so that a worker who wakes late takes no task of another.
struct Board {
    /// For each thread.
    shares: Vec<Share>,
    /// The job's closure, and the function that calls it. They change only between jobs.
    data: AtomicPtr<()>,
    call: AtomicPtr<()>,
    finished: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    asleep: Vec<AtomicBool>,
    closed: AtomicBool,
}

/// What is left of one thread's tasks: the job's number (32 bits), the next task (16), the end of them (16). On cache lines
/// of its own.
#[derive(Default)]
#[repr(align(128))]
struct Share(AtomicU64);

/// The tasks that are left by a share's state.
fn range(state: u64) -> Range<usize> {
    (state >> 16 & 0xffff) as usize..(state & 0xffff) as usize
}

/// One task of a job.
struct Task {
    index: usize,
    data: *const (),
    call: *mut (),
}

/// Calls the closure behind the pointer with a task and a thread.
type Call = unsafe fn(*const (), usize, usize);

/// # Safety
/// `data` points to an `F` that lives through the call.
unsafe fn call<F: Fn(usize, usize)>(data: *const (), task: usize, thread: usize) {
    // SAFETY: the caller's promise.
    unsafe { (*data.cast::<F>())(task, thread) }
}

impl Team {
    /// At least one thread, which is the caller's.
    pub fn new(threads: usize) -> Self {
        let helpers = threads.max(1) - 1;
        let board = Arc::new(Board {
            shares: (0..=helpers).map(|_| Share::default()).collect(),
            data: AtomicPtr::new(std::ptr::null_mut()),
            call: AtomicPtr::new(std::ptr::null_mut()),
            finished: AtomicUsize::new(0),
            panic: Mutex::new(None),
            asleep: (0..helpers).map(|_| AtomicBool::new(false)).collect(),
            closed: AtomicBool::new(false),
        });
        let work = |number: usize| {
            let board = board.clone();
            thread::Builder::new().name(format!("netc-{}", number + 1)).spawn(move || board.work(number))
        };
        // Where the system gives no more threads, those that there are do the work.
        let workers = (0..helpers).map_while(|number| work(number).ok()).collect();
        Self { board, workers, busy: Mutex::new(()) }
    }

    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// Calls `task(index, thread)` once for each index below `tasks` on the team's threads; `thread` is below
    /// [`Team::threads`] and names one thread. A panic of a task goes on in the caller.
    pub fn run<F: Fn(usize, usize) + Sync>(&self, tasks: usize, task: F) {
        for first in (0..tasks).step_by(MAX_TASKS) {
            self.run_job(MAX_TASKS.min(tasks - first), |index, thread| task(first + index, thread));
        }
    }

    fn run_job<F: Fn(usize, usize) + Sync>(&self, tasks: usize, task: F) {
        let free = match self.busy.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            // A task that starts a job, or another caller: alone.
            Err(TryLockError::WouldBlock) => None,
        };
        match free {
            Some(_guard) if tasks > 1 && !self.workers.is_empty() => self.post(tasks, &task),
            _ => (0..tasks).for_each(|index| task(index, 0)),
        }
    }

    /// Calls `task(index, chunk, thread)` for each chunk of `size` elements, the last one perhaps shorter.
    pub fn chunks<T: Send + Sync, F: Fn(usize, &mut [T], usize) + Sync>(&self, slice: &mut [T], size: usize, task: F) {
        let len = slice.len();
        let shared = Shared::new(slice);
        self.run(len.div_ceil(size.max(1)), |index, thread| {
            // SAFETY: each index has a chunk of its own and comes once.
            let chunk = unsafe { shared.part(index * size..((index + 1) * size).min(len)) };
            task(index, chunk, thread);
        });
    }

    /// Cuts `groups` equal parts of a slice, each of `count` elements, into chunks of at most `size`, and calls
    /// `task(group, first, chunk)`; `first` is the chunk's place in its group.
    pub fn group_chunks<T: Send + Sync, F>(&self, slice: &mut [T], groups: usize, size: usize, task: F)
    where
        F: Fn(usize, usize, &mut [T]) + Sync,
    {
        let count = slice.len() / groups.max(1);
        let chunks = count.div_ceil(size.max(1));
        let shared = Shared::new(slice);
        self.run(groups * chunks, |index, _| {
            let (group, first) = (index / chunks, index % chunks * size);
            // SAFETY: each index has a chunk of its own and comes once.
            let chunk = unsafe { shared.part(group * count + first..group * count + (first + size).min(count)) };
            task(group, first, chunk);
        });
    }

    fn post<F: Fn(usize, usize) + Sync>(&self, tasks: usize, task: &F) {
        let board = &*self.board;
        let number = (board.shares[0].0.load(Ordering::Relaxed) >> 32).wrapping_add(1);
        let threads = board.shares.len();
        board.finished.store(0, Ordering::Relaxed);
        board.data.store(std::ptr::from_ref(task).cast_mut().cast(), Ordering::Relaxed);
        board.call.store(call::<F> as Call as *mut (), Ordering::Relaxed);
        for (thread, share) in board.shares.iter().enumerate() {
            let [next, end] = [thread, thread + 1].map(|thread| (thread * tasks / threads) as u64);
            share.0.store(number << 32 | next << 16 | end, Ordering::SeqCst);
        }
        for (worker, asleep) in self.workers.iter().zip(&board.asleep) {
            if asleep.swap(false, Ordering::SeqCst) {
                worker.thread().unpark();
            }
        }
        board.take_tasks(0);
        wait_until(|| board.finished.load(Ordering::Acquire) == tasks, thread::yield_now);
        let panic = board.panic.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
        if let Some(panic) = panic {
            resume_unwind(panic);
        }
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        self.board.closed.store(true, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker's panics were caught and handed on.
            let _ = worker.join();
        }
    }
}

impl Board {
    fn work(&self, number: usize) {
        while !self.closed.load(Ordering::SeqCst) {
            wait_until(|| self.has_task() || self.closed.load(Ordering::Relaxed), || self.sleep(number));
            self.take_tasks(number + 1);
        }
    }

    fn has_task(&self) -> bool {
        self.shares.iter().any(|share| !range(share.0.load(Ordering::SeqCst)).is_empty())
    }

    /// Parks until somebody posts a job. Whoever posts sees `asleep`, or was seen by the second look.
    fn sleep(&self, number: usize) {
        self.asleep[number].store(true, Ordering::SeqCst);
        if !self.has_task() && !self.closed.load(Ordering::SeqCst) {
            thread::park();
        }
        self.asleep[number].store(false, Ordering::SeqCst);
    }

    /// Takes tasks of the job at hand until none is left.
    fn take_tasks(&self, thread: usize) {
        let threads = self.shares.len();
        let mut made = 0;
        for share in (0..threads).map(|n| (thread + n) % threads) {
            while let Some(task) = self.take_task(share, thread) {
                self.run_task(task, thread);
                made += 1;
            }
        }
        // Until then the job is not finished, so no other has begun.
        self.finished.fetch_add(made, Ordering::AcqRel);
    }

    /// The next task of the thread's own share; of another one's the last.
    fn take_task(&self, share: usize, thread: usize) -> Option<Task> {
        let taken = &self.shares[share].0;
        loop {
            let state = taken.load(Ordering::SeqCst);
            let tasks = range(state);
            let (index, left) = match share == thread {
                _ if tasks.is_empty() => return None,
                true => (tasks.start, state + (1 << 16)),
                false => (tasks.end - 1, state - 1),
            };
            let (data, call) = (self.data.load(Ordering::Relaxed), self.call.load(Ordering::Relaxed));
            if taken.compare_exchange_weak(state, left, Ordering::SeqCst, Ordering::SeqCst).is_ok() {
                return Some(Task { index, data, call });
            }
        }
    }

    fn run_task(&self, task: Task, thread: usize) {
        // SAFETY: `post` stored a `Call`; the share had not changed since it was read, so it belongs to the same job as the
        // task.
        let call: Call = unsafe { std::mem::transmute(task.call) };
        // SAFETY: `post` returns only when all tasks are finished, so its closure is alive; this task was taken by nobody else.
        let made = catch_unwind(AssertUnwindSafe(|| unsafe { call(task.data, task.index, thread) }));
        if let Err(panic) = made {
            let mut first = self.panic.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            match &*first {
                None => *first = Some(panic),
                // Its drop could panic as well.
                Some(_) => std::mem::forget(panic),
            }
        }
    }
}

/// Looks `SPINS` times, then `YIELDS` times, then calls `rest` between looks.
fn wait_until(met: impl Fn() -> bool, rest: impl Fn()) {
    let mut looks = 0;
    while !met() {
        match looks {
            0..SPINS => std::hint::spin_loop(),
            SPINS..GIVEN_UP => thread::yield_now(),
            _ => rest(),
        }
        looks = GIVEN_UP.min(looks + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_runs_once() {
        for threads in [1, 2, 3, 5] {
            let team = Team::new(threads);
            for tasks in [0, 1, 2, 7, 1000, MAX_TASKS + 10] {
                let counts: Vec<AtomicUsize> = (0..tasks).map(|_| AtomicUsize::new(0)).collect();
                team.run(tasks, |index, thread| {
                    assert!(thread < threads);
                    counts[index].fetch_add(1, Ordering::Relaxed);
                });
                assert!(counts.iter().all(|count| count.load(Ordering::Relaxed) == 1));
            }
        }
    }

    #[test]
    fn jobs_follow_one_another_without_loss() {
        let team = Team::new(3);
        let mut numbers = vec![0u64; 64];
        for _ in 0..5000 {
            team.chunks(&mut numbers, 5, |_, chunk, _| chunk.iter_mut().for_each(|number| *number += 1));
        }
        assert!(numbers.iter().all(|&number| number == 5000));
    }

    #[test]
    fn a_job_within_a_task_runs_there() {
        let team = Team::new(2);
        let sum = AtomicUsize::new(0);
        team.run(4, |_, _| {
            team.run(3, |index, _| {
                sum.fetch_add(index, Ordering::Relaxed);
            })
        });
        assert_eq!(sum.into_inner(), 12);
    }

    #[test]
    fn a_sleeping_team_wakes() {
        let team = Team::new(2);
        for _ in 0..3 {
            while !team.board.asleep[0].load(Ordering::SeqCst) {
                thread::sleep(std::time::Duration::from_millis(1));
            }
            let sum = AtomicUsize::new(0);
            team.run(100, |index, _| {
                sum.fetch_add(index, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 4950);
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_team_goes_on() {
        let team = Team::new(2);
        let caught = catch_unwind(AssertUnwindSafe(|| team.run(8, |index, _| assert!(index != 5, "five"))));
        assert!(caught.is_err());
        team.run(8, |_, _| {});
    }
}
