//! Logs: structured lines on standard error. Secrets have types that do not print.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::LogFormat;

/// Starts logging for the whole process; a second call changes nothing.
pub fn start(format: LogFormat, filter: &str) {
    let ansi = std::io::stderr().is_terminal();
    // Whoever logs first wins, which only tests in one process can tell.
    let _ = tracing::subscriber::set_global_default(subscriber(format, filter, ansi, std::io::stderr));
}

/// The subscriber behind [`start`], with its output injected.
fn subscriber<W>(
    format: LogFormat,
    filter: &str,
    ansi: bool,
    writer: W,
) -> Box<dyn tracing::Subscriber + Send + Sync + 'static>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(ansi).with_writer(writer);
    match format {
        LogFormat::Text => Box::new(builder.finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish()),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("not poisoned").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, filter: &str) -> String {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = subscriber(format, filter, false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(count = 3, "a line");
            tracing::debug!("a detail");
        });
        let bytes = captured.0.lock().expect("not poisoned").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn a_json_line_is_one_object_with_its_fields() {
        let text = logged(LogFormat::Json, "info");
        let line: serde_json::Value = serde_json::from_str(text.trim()).expect("one JSON object");
        assert_eq!((line["message"].as_str(), line["count"].as_i64()), (Some("a line"), Some(3)));
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn the_filter_decides_what_is_written() {
        let text = logged(LogFormat::Text, "info");
        assert!(text.contains("a line") && text.contains("count=3") && !text.contains("a detail"), "{text}");
        assert!(logged(LogFormat::Text, "debug").contains("a detail"));
        assert!(logged(LogFormat::Text, "error").is_empty());
    }
}
