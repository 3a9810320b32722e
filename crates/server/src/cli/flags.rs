//! Flags as a source of configuration.

use super::args::{ServeArgs, Where};
use crate::config::{Origin, Values};

fn set<T: Into<toml::Value>>(values: &mut Values, key: &str, flag: &str, value: Option<T>) {
    if let Some(value) = value {
        values.set(key, value, Origin::Flag(flag.to_owned()));
    }
}

impl Where {
    /// The values that these flags set.
    pub fn values(&self) -> Values {
        let mut values = Values::default();
        set(&mut values, "data", "--data", self.data.as_ref().map(|path| path.display().to_string()));
        set(&mut values, "database_url", "--database-url", self.database_url.clone());
        values
    }
}

impl ServeArgs {
    /// The values that these flags set.
    pub fn values(&self) -> Values {
        let mut values = self.place.values();
        set(&mut values, "listen", "--listen", self.listen.clone());
        set(&mut values, "public_url", "--public-url", self.public_url.clone());
        if !self.open_hosts.is_empty() {
            set(&mut values, "open_hosts", "--open-host", Some(self.open_hosts.clone()));
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::args::{Cli, Command};

    #[test]
    fn the_flags_of_serve_become_values_and_absent_ones_do_not() {
        let line = "postrider serve --listen 127.0.0.1:0 --data d --open-host a --open-host b:1";
        let cli = Cli::try_parse_from(line.split(' ')).expect("parses");
        let Command::Serve(args) = cli.command else { panic!("another command") };
        let values = args.values();
        assert_eq!(values.get("listen").map(|(value, _)| value.to_string()).as_deref(), Some("\"127.0.0.1:0\""));
        assert_eq!(values.get("data").map(|(_, origin)| origin.to_string()).as_deref(), Some("flag --data"));
        assert_eq!(values.get("open_hosts").map(|(value, _)| value.to_string()).as_deref(), Some("[\"a\", \"b:1\"]"));
        assert!(values.get("public_url").is_none());
    }
}
