//! Cron expressions, checked for the slips that a parser lets through.

use chrono::{DateTime, TimeDelta, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

/// A schedule that never fires within this time is a slip (29 February comes every four years, or eight).
const LONGEST_WAIT: TimeDelta = TimeDelta::days(9 * 366);

/// The parsed expression, and whether its hour field names hours rather than all of them.
pub(super) fn parse(text: &str) -> Result<(Cron, bool), String> {
    let wrong = |why: &str| format!("cron = {text:?}: {why}; write five fields such as \"0 8,11,14,17 * * Mon-Sat\"");
    let fields = text.split_whitespace().count();
    if fields != 5 && !text.starts_with('@') {
        return Err(wrong(&format!("it has {fields} fields and needs 5")));
    }
    refuse_long_steps(text).map_err(|why| wrong(&why))?;
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let cron = parser.parse(text).map_err(|error| wrong(error.to_string().trim_end_matches('.')))?;
    // any instant does: the question is whether there is a slot at all
    let start = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_000);
    match cron.find_next_occurrence(&start, false) {
        Ok(next) if next - start < LONGEST_WAIT => Ok((cron, hour_is_fixed(text))),
        _ => Err(wrong("it never comes")),
    }
}

/// croner reads `*/90` in the minutes as `0`; whoever writes it means something else.
fn refuse_long_steps(text: &str) -> Result<(), String> {
    for (field, longest) in text.split_whitespace().zip([59, 23, 31, 12, 7]) {
        for step in field.split(',').filter_map(|part| part.split_once('/')).map(|(_, step)| step) {
            if step.parse::<u32>().is_ok_and(|step| step == 0 || step > longest) {
                return Err(format!("the step in {field:?} must be 1 to {longest}"));
            }
        }
    }
    Ok(())
}

fn hour_is_fixed(text: &str) -> bool {
    match text.split_whitespace().nth(1) {
        Some(hours) => !hours.contains(['*', '/']),
        None => !text.eq_ignore_ascii_case("@hourly"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_refused_at_load() {
        for (text, why) in [
            ("*/90 * * * *", "must be 1 to 59"),
            ("0 0 31 2 *", "never comes"),
            ("0 8 * *", "five fields"),
            ("0 8 * * Mon-Sxt", "five fields"),
            ("0 0 8 * * Mon", "five fields"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn named_hours_are_told_from_every_hour() {
        for (text, fixed) in [
            ("0 8 * * *", true),
            ("0 8-17 * * *", true),
            ("*/5 * * * *", false),
            ("0 */2 * * *", false),
            ("@daily", true),
            ("@hourly", false),
        ] {
            assert_eq!(parse(text).unwrap().1, fixed, "{text}");
        }
    }
}
