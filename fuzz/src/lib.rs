//! What strangers could feed to doorbell, fed to it: the targets, and the watch over the time that one input takes.

pub mod targets;

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

#[doc(hidden)]
pub use libfuzzer_sys::fuzz_target;

/// An input that costs more is a hang to whoever waits for a pass.
const LONGEST: Duration = Duration::from_secs(1);

/// A program that feeds one target.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        $crate::fuzz_target!(|bytes: &[u8]| $crate::in_time($crate::targets::$name::holds, bytes));
    };
}

/// Feeds one input. The processor's time counts, not the clock's: a busy machine makes no hang.
///
/// # Panics
///
/// When the input costs too much.
pub fn in_time(holds: fn(&[u8]), bytes: &[u8]) {
    let began = spent();
    holds(bytes);
    let cost = spent().saturating_sub(began);
    assert!(cost <= LONGEST, "a hang: one input took {cost:?} of processor time");
}

fn spent() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}
