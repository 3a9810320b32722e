use super::*;

fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn folder_with(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join(FILE_NAME), text).expect("written");
    folder
}

fn data_flag(folder: &Path) -> Values {
    let mut flags = Values::default();
    flags.set("data", folder.display().to_string(), Origin::Flag("--data".to_owned()));
    flags
}

fn load(text: &str, pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let folder = folder_with(text);
    Config::load(Sources { file: None, flags: data_flag(folder.path()), environment: environment(pairs) })
}

fn line(text: &str, pairs: &[(&str, &str)]) -> String {
    let line = load(text, pairs).expect_err("is refused").to_string();
    assert!(!line.contains('\n'), "one line: {line}");
    line
}

#[test]
fn nothing_has_to_be_set() {
    let config = load("", &[]).expect("loads");
    assert_eq!(config.listen, "127.0.0.1:8470".parse().expect("an address"));
    assert_eq!(config.engine.slots, postrider_engine::Config::default().slots);
    assert_eq!(config.engine.lease, postrider_engine::Config::default().lease);
    assert_eq!(config.log_format, LogFormat::Text);
    assert!(config.place_name().ends_with("postrider.db"));
}

#[test]
fn an_unknown_key_is_named_with_its_file_and_line() {
    let said = line("# comment\nlistne = \"127.0.0.1:1\"\n", &[]);
    assert!(said.contains("`listne`"), "{said}");
    assert!(said.contains("postrider.toml line 2"), "{said}");
    assert!(said.contains("did you mean `listen`?"), "{said}");
    let nested = line("[engine]\nlease_s = 30\nslotz = 3\n", &[]);
    assert!(nested.contains("`engine.slotz`") && nested.contains("line 3"), "{nested}");
    assert!(nested.contains("did you mean `engine.slots`?"), "{nested}");
}

#[test]
fn an_unknown_section_is_named() {
    let said = line("[engin]\nslots = 3\n", &[]);
    assert!(said.contains("`engin`") && said.contains("line 1"), "{said}");
}

#[test]
fn an_unknown_variable_is_named_and_others_programs_variables_are_left_alone() {
    let said = line("", &[("POSTRIDER_LISTNE", "127.0.0.1:1")]);
    assert!(said.contains("`POSTRIDER_LISTNE`") && said.contains("did you mean `POSTRIDER_LISTEN`?"), "{said}");
    let others = [("POSTRIDER_SERVICE_HOST", "10.0.0.1"), ("POSTRIDER_PORT", "tcp://x"), ("POSTRIDER_KEY", "pr_x")];
    load("", &others).expect("not ours to judge");
}

#[test]
fn a_bad_value_is_named_with_where_it_came_from() {
    let said = line("listen = \"nowhere\"\n", &[]);
    assert!(said.contains("`listen`") && said.contains("line 1"), "{said}");
    let said = line("", &[("POSTRIDER_ENGINE_SLOTS", "many")]);
    assert!(said.contains("`engine.slots`") && said.contains("POSTRIDER_ENGINE_SLOTS"), "{said}");
    let said = line("[engine]\nslots = 0\n", &[]);
    assert!(said.contains("`engine.slots`") && said.contains("line 2") && said.contains("from 1"), "{said}");
    let said = line("[log]\nformat = \"xml\"\n", &[]);
    assert!(said.contains("`log.format`") && said.contains("xml"), "{said}");
    let said = line("public_url = \"https://a.example/sub\"\n", &[]);
    assert!(said.contains("`public_url`") && said.contains("path"), "{said}");
    let said = line("open_hosts = [\"http://x\"]\n", &[]);
    assert!(said.contains("`open_hosts`"), "{said}");
    let said = line("pages = [\"https://pds.lan\"]\n", &[]);
    assert!(said.contains("`pages`") && said.contains("server=pages"), "{said}");
    for (apis, word) in [("threads", "network=address"), ("bluesky=https://a.lan", "`bluesky`"), ("threads=x", "`x`")] {
        let said = line(&format!("apis = [\"{apis}\"]\n"), &[]);
        assert!(said.contains("`apis`") && said.contains(word), "{said}");
    }
    let said = line("pages = [\"https://pds.lan=social\"]\n", &[]);
    assert!(said.contains("`pages`") && said.contains("`social`"), "{said}");
    let said = line("trusted_proxies = [\"proxy.lan\"]\n", &[]);
    assert!(said.contains("`trusted_proxies`") && said.contains("proxy.lan"), "{said}");
    let said = line("listen = \n", &[]);
    assert!(said.contains("line 1"), "{said}");
}

#[test]
fn a_lease_shorter_than_a_request_is_refused_and_so_is_a_slow_heartbeat() {
    let said = line("[engine]\nlease_s = 15\n", &[]);
    assert!(said.contains("`engine.lease_s`") && said.contains("from 16"), "{said}");
    let said = line("[engine]\nlease_s = 18\nheartbeat_s = 7\n", &[]);
    assert!(said.contains("`engine.heartbeat_s`") && said.contains("1 to 6"), "{said}");
    load("[engine]\nlease_s = 16\nheartbeat_s = 5\n", &[]).expect("the limits themselves are allowed");
}

#[test]
fn periods_are_set_in_days_within_bounds() {
    let config = load("[retention]\ncontent_days = 7\n", &[("POSTRIDER_RETENTION_LOGS_DAYS", "30")]).expect("loads");
    let day = 24 * 3_600;
    assert_eq!((config.engine.keep.content.as_secs(), config.engine.keep.logs.as_secs()), (7 * day, 30 * day));
    assert_eq!(load("", &[]).expect("loads").engine.keep, postrider_engine::Retention::default());
    let said = line("[retention]\nidentity_days = 31\n", &[]);
    assert!(said.contains("`retention.identity_days`") && said.contains("1 to 30"), "{said}");
    assert!(line("[retention]\nlogs_days = 0\n", &[]).contains("`retention.logs_days`"));
}

#[test]
fn the_machine_itself_is_the_only_trusted_proxy_unless_somebody_says_so() {
    let trusts = |config: &Config, ip: &str| {
        let ip = ip.parse().expect("an address");
        config.trusted_proxies.iter().any(|network| network.contains(ip))
    };
    let config = load("", &[]).expect("loads");
    assert!(trusts(&config, "127.0.0.1") && trusts(&config, "::1") && !trusts(&config, "10.0.0.1"));
    let config = load("", &[("POSTRIDER_TRUSTED_PROXIES", "10.0.0.0/8, fd00::/8")]).expect("loads");
    assert!(trusts(&config, "10.1.2.3") && trusts(&config, "fd00::1") && !trusts(&config, "127.0.0.1"));
    assert!(load("trusted_proxies = []\n", &[]).expect("loads").trusted_proxies.is_empty());
}

#[test]
fn a_database_address_is_never_repeated() {
    let said = line("", &[("POSTRIDER_DATABASE_URL", "mysql://root:hunter2@db/x")]);
    assert!(said.contains("`database_url`") && said.contains("postgres://"), "{said}");
    assert!(!said.contains("hunter2"), "{said}");
    let config = load("", &[("POSTRIDER_DATABASE_URL", "postgres://u:hunter2@db/x")]).expect("loads");
    assert_eq!(config.place_name(), "postgres://db/x");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn flags_win_over_environment_over_file_over_default() {
    let file = "listen = \"127.0.0.1:1\"\n[engine]\nslots = 1\npoll_s = 1\n";
    let pairs = [("POSTRIDER_ENGINE_SLOTS", "2"), ("POSTRIDER_LISTEN", "127.0.0.1:2")];
    let folder = folder_with(file);
    let mut flags = data_flag(folder.path());
    flags.set("listen", "127.0.0.1:3", Origin::Flag("--listen".to_owned()));
    let config = Config::load(Sources { file: None, flags, environment: environment(&pairs) }).expect("loads");
    assert_eq!((config.listen.port(), config.engine.slots, config.engine.poll.as_secs()), (3, 2, 1));
    assert_eq!(config.engine.heartbeat, postrider_engine::Config::default().heartbeat);
}

#[test]
fn lists_come_from_a_variable_with_commas() {
    let config = load("", &[("POSTRIDER_OPEN_HOSTS", "pds.lan, 127.0.0.1:8080")]).expect("loads");
    assert_eq!(config.open_hosts, ["pds.lan", "127.0.0.1:8080"]);
    let one = load("", &[("POSTRIDER_OPEN_HOSTS", "pds.lan")]).expect("loads");
    assert_eq!(one.open_hosts, ["pds.lan"]);
    let pairs = [("POSTRIDER_PAGES", "https://PDS.lan/=http://social.lan:81, http://a.lan=http://a.lan")];
    let config = load("", &pairs).expect("loads");
    let pages: Vec<_> = config.pages.iter().map(|(server, pages)| (server.as_str(), pages.as_str())).collect();
    assert_eq!(pages, [("http://a.lan", "http://a.lan"), ("https://pds.lan", "http://social.lan:81")]);
}

#[test]
fn a_named_file_must_be_there_and_may_move_the_data_folder() {
    let folder = folder_with("data = \"/srv/postrider\"\n");
    let named = |path: PathBuf| Config::load(Sources { file: Some(path), ..Sources::default() });
    assert_eq!(named(folder.path().join(FILE_NAME)).expect("loads").data, Path::new("/srv/postrider"));
    let missing = named(folder.path().join("other.toml")).expect_err("is not there").to_string();
    assert!(missing.contains("other.toml"), "{missing}");
    let inside = line("data = \"/srv/postrider\"\n", &[]);
    assert!(inside.contains("`data`"), "{inside}");
}

#[test]
fn the_default_file_explains_every_key_and_parses_to_the_defaults() {
    let text = template();
    for key in keys() {
        let name = key.path.rsplit('.').next().expect("a name");
        assert!(text.lines().any(|line| line.starts_with(&format!("#{name} ="))), "{name} is missing in:\n{text}");
        assert!(text.contains(key.variable), "{} is missing", key.variable);
    }
    load(&text, &[]).expect("the default file is a valid file");
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if rest.contains(" = ") && !rest.starts_with(' ') && !rest.starts_with("data") => rest,
            _ => line,
        })
        .map(|line| format!("{line}\n"))
        .collect();
    load(&uncommented, &[]).expect("the defaults themselves are valid");
}

#[test]
fn policies_are_pages_on_https_and_somebody_to_write_to() {
    let pairs = [("POSTRIDER_LEGAL_CONTACT", "privacy@example.org")];
    let config = load("[legal]\nprivacy_url = \"https://example.org/privacy\"\n", &pairs).expect("loads");
    assert_eq!(config.legal.privacy_url.as_deref(), Some("https://example.org/privacy"));
    assert_eq!(config.legal.contact.as_deref(), Some("privacy@example.org"));
    assert_eq!((config.legal.terms_url, config.legal.deletion_url), (None, None));
    let said = line("[legal]\nterms_url = \"http://example.org/terms\"\n", &[]);
    assert!(said.contains("`legal.terms_url`") && said.contains("https://"), "{said}");
    let said = line("[legal]\ncontact = \"nobody\"\n", &[]);
    assert!(said.contains("`legal.contact`") && said.contains("e-mail"), "{said}");
}

#[test]
fn the_distance_of_words_counts_changed_letters() {
    assert_eq!(distance("listen", "listen"), 0);
    assert_eq!(distance("listne", "listen"), 2);
    assert_eq!(distance("", "abc"), 3);
}

#[test]
fn files_lie_in_the_data_folder_unless_somebody_says_otherwise() {
    let config = load("", &[]).expect("loads");
    assert!(config.media.is_of_this_machine() && config.media.place_name().ends_with("/media"));
    assert_eq!(config.media.rules.upload_life, Duration::from_secs(24 * 3_600));
    let shared = load("[media]\nfolder = \"/srv/files\"\nshared = true\nmax_upload_mib = 5\n", &[]).expect("loads");
    assert!(!shared.media.is_of_this_machine());
    assert_eq!((shared.media.place_name().as_str(), shared.media.rules.max_upload), ("/srv/files", 5 * 1024 * 1024));
    for (text, said) in [
        ("[media]\nmax_upload_mib = 0\n", "media.max_upload_mib"),
        ("[media]\nmax_upload_mib = 80001\n", "media.max_upload_mib"),
        ("[media]\nupload_hours = 0\n", "media.upload_hours"),
        ("[media]\nkeep_days = 3651\n", "media.keep_days"),
    ] {
        assert!(line(text, &[]).contains(said), "{text}");
    }
}

#[test]
fn a_bucket_needs_its_keys_and_never_shows_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "hunter2\nnote\n").expect("written");
    let base = [("POSTRIDER_MEDIA_S3_BUCKET", "files"), ("POSTRIDER_MEDIA_S3_ACCESS_KEY", "AKID")];
    let with = |more: &[(&'static str, &str)]| load("", &[&base[..], more].concat());
    for secret in [
        ("POSTRIDER_MEDIA_S3_SECRET_KEY", "hunter2"),
        ("POSTRIDER_MEDIA_S3_SECRET_KEY_FILE", file.to_str().expect("text")),
    ] {
        let config = with(&[secret]).expect("loads");
        let MediaPlace::S3(s3) = &config.media.place else { panic!("another place") };
        assert_eq!((s3.secret_key.expose(), config.media.place_name().as_str()), ("hunter2", "the bucket files"));
        assert!(!format!("{config:?}").contains("hunter2"));
    }
    let refused = |more: &[(&'static str, &str)]| with(more).expect_err("is refused").to_string();
    assert!(refused(&[]).contains("media.s3.secret_key"));
    let missing = [("POSTRIDER_MEDIA_S3_SECRET_KEY_FILE", "/nowhere/at/all")];
    assert!(refused(&missing).contains("media.s3.secret_key_file"));
    let endpoint = [("POSTRIDER_MEDIA_S3_SECRET_KEY", "x"), ("POSTRIDER_MEDIA_S3_ENDPOINT", "s3.example")];
    assert!(refused(&endpoint).contains("media.s3.endpoint"));
    let keyless = load("[media.s3]\nbucket = \"files\"\n", &[]).expect_err("is refused").to_string();
    assert!(keyless.contains("media.s3.access_key"), "{keyless}");
}

#[test]
fn the_mail_server_has_its_usual_port_and_its_password_is_never_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "hunter2\n").expect("written");
    let from = ("POSTRIDER_MAIL_FROM", "Postrider <post@example.org>");
    let with =
        |more: &[(&'static str, &str)]| load("", &[&[from], more].concat()).expect("loads").mail.expect("is set");
    let plain = with(&[("POSTRIDER_MAIL_URL", "smtp://Mail.example")]);
    assert_eq!((plain.place_name().as_str(), plain.security), ("mail.example:587", MailSecurity::Starttls));
    let tls = with(&[
        ("POSTRIDER_MAIL_URL", "smtps://mail.example"),
        ("POSTRIDER_MAIL_USER", "me"),
        ("POSTRIDER_MAIL_PASSWORD_FILE", file.to_str().expect("text")),
    ]);
    assert_eq!((tls.port, tls.security), (465, MailSecurity::Tls));
    assert_eq!(tls.login.as_ref().map(|(_, password)| password.expose()), Some("hunter2"));
    assert!(!format!("{tls:?}").contains("hunter2"));
    let near = with(&[
        ("POSTRIDER_MAIL_URL", "smtp://[::1]:2525/"),
        ("POSTRIDER_MAIL_STARTTLS", "never"),
        ("POSTRIDER_MAIL_USER", "me"),
        ("POSTRIDER_MAIL_PASSWORD", "hunter2"),
    ]);
    assert_eq!((near.host.as_str(), near.port, near.security), ("::1", 2525, MailSecurity::Plain));
    assert!(load("", &[]).expect("loads").mail.is_none(), "off by default");
}

#[test]
fn a_mistake_about_mail_is_named_in_one_line() {
    let url = ("POSTRIDER_MAIL_URL", "smtp://mail.example");
    let from = ("POSTRIDER_MAIL_FROM", "post@example.org");
    let user = ("POSTRIDER_MAIL_USER", "me");
    let password = ("POSTRIDER_MAIL_PASSWORD", "hunter2");
    let never = ("POSTRIDER_MAIL_STARTTLS", "never");
    let bad_url = |text| ("POSTRIDER_MAIL_URL", text);
    for (pairs, key) in [
        (vec![url], "mail.from"),
        (vec![from], "mail.from"),
        (vec![url, ("POSTRIDER_MAIL_FROM", "nobody")], "mail.from"),
        (vec![url, from, user], "mail.password"),
        (vec![url, from, password], "mail.user"),
        (vec![url, from, user, password, never], "mail.starttls"),
        (vec![url, from, ("POSTRIDER_MAIL_STARTTLS", "maybe")], "mail.starttls"),
        (vec![url, from, password, ("POSTRIDER_MAIL_PASSWORD_FILE", "/nowhere")], "mail.password_file"),
        (vec![from, bad_url("mail.example")], "mail.url"),
        (vec![from, bad_url("https://mail.example")], "mail.url"),
        (vec![from, bad_url("smtp://mail.example/inbox")], "mail.url"),
        (vec![from, bad_url("smtps://me:hunter2@mail.example")], "mail.url"),
    ] {
        let said = line("", &pairs);
        assert!(said.contains(&format!("`{key}`")) && !said.contains("hunter2"), "{pairs:?}: {said}");
    }
}
