//! Places at which a test lets the program die as by kill -9; in a release build they are not there.

/// Names the place the program is at.
///
/// In a debug build under `DOORBELL_FAILPOINT=name:k` the process aborts when it is there for the k-th time: nothing is
/// unwound, flushed or closed. Under `name:k:panic` it panics there instead.
#[cfg(debug_assertions)]
pub(crate) fn reached(place: &str) {
    use std::sync::atomic::{AtomicUsize, Ordering};

    static TIMES: AtomicUsize = AtomicUsize::new(0);
    tracing::debug!("fail point {place}");
    let Ok(wanted) = std::env::var("DOORBELL_FAILPOINT") else { return };
    let Some((name, rest)) = wanted.split_once(':') else { return };
    let (times, is_panic) = rest.strip_suffix(":panic").map_or((rest, false), |times| (times, true));
    if name == place && times.parse() == Ok(TIMES.fetch_add(1, Ordering::SeqCst) + 1) {
        assert!(!is_panic, "fail point {place}");
        std::process::abort();
    }
}

/// Names the place the program is at, for tests on debug builds.
#[cfg(not(debug_assertions))]
pub(crate) fn reached(_place: &str) {}
