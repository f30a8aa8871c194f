//! How long a delivery waits after a failure. Pure; the jitter comes from the key, so it can be told again.

use std::time::Duration;

use chrono::TimeDelta;

const FIRST_SECONDS: i64 = 120;
const LONGEST_SECONDS: i64 = 3_600;
/// A server may ask for more, but not for longer than this.
const LONGEST_WISH_SECONDS: i64 = 86_400;

/// The wait after attempt number `attempt` (from 1): 2 minutes doubling to an hour, a quarter more or less.
///
/// `wish` is what the provider asked for; the longer of the two holds.
pub fn retry_after(uid: &str, attempt: u32, wish: Option<Duration>) -> TimeDelta {
    let doublings = attempt.saturating_sub(1).min(10);
    let plain = (FIRST_SECONDS << doublings).min(LONGEST_SECONDS);
    let wait = plain * jitter_percent(uid, attempt) / 100;
    let wished = wish.map_or(0, |wish| i64::try_from(wish.as_secs()).unwrap_or(LONGEST_WISH_SECONDS));
    TimeDelta::seconds(wait.max(wished.min(LONGEST_WISH_SECONDS)))
}

/// 75 to 125, spread over keys and attempts (FNV-1a, which is enough to keep a crowd apart).
fn jitter_percent(uid: &str, attempt: u32) -> i64 {
    let hash = uid
        .bytes()
        .chain(attempt.to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    75 + i64::try_from((hash >> 20) % 51).unwrap_or(25)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_provider_that_asks_for_more_time_gets_it_up_to_a_day() {
        assert_eq!(retry_after("a", 1, Some(Duration::from_secs(5_000))), TimeDelta::seconds(5_000));
        assert_eq!(retry_after("a", 1, Some(Duration::from_secs(10_u64.pow(12)))), TimeDelta::days(1));
    }

    proptest! {
        #[test]
        fn the_wait_doubles_within_its_bounds_and_can_be_told_again(uid in "[0-9a-f]{32}", attempt in 1_u32..1_000) {
            let wait = retry_after(&uid, attempt, None);
            let plain = (120_i64 * 2_i64.pow((attempt - 1).min(10))).min(3_600);
            prop_assert!(wait.num_seconds() >= plain * 3 / 4 && wait.num_seconds() <= plain * 5 / 4);
            prop_assert_eq!(wait, retry_after(&uid, attempt, None));
        }
    }
}
