//! A time zone by its IANA name.

use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, de::Error};

use super::nearest;

/// A known zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(pub Tz);

impl std::str::FromStr for Zone {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        name.parse().map(Self).map_err(|_| {
            let meant = nearest(name, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
            let remedy = match meant {
                Some(meant) => format!("did you mean {meant:?}?"),
                None => "write an IANA name such as \"Europe/London\"".into(),
            };
            format!("unknown time zone {name:?}; {remedy}")
        })
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_zone_is_answered_with_the_right_one() {
        let error = "Europe/Berln".parse::<Zone>().unwrap_err();
        assert_eq!(error, "unknown time zone \"Europe/Berln\"; did you mean \"Europe/Berlin\"?");
        assert!("Mars/Olympus Mons".parse::<Zone>().unwrap_err().contains("IANA name"));
    }
}
