//! Putting the product together from a configuration and an open ledger.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context as _;
use jiff::SignedDuration;
use postrider_app::mail::Room;
use postrider_app::{App, Settings};
use postrider_connector::Transport;
use postrider_connector::client::Client;
use postrider_connector::guard::OpenHosts;
use postrider_engine::mail::MailRoom;
use postrider_engine::media::{Kit, Reader};
use postrider_media::Ffmpeg;
use postrider_store::Store;

use crate::config::Config;
use crate::mail::Smtp;

/// The product's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The one way out to the network, which reaches private hosts only when they were opened.
fn transport(config: &Config, public_url: &str, kit: Option<&Kit>) -> anyhow::Result<Arc<dyn Transport>> {
    // Platforms want to know whom to write to; an address of this machine says nothing.
    let contact = if public_url.starts_with("https://") { format!(" (+{public_url})") } else { String::new() };
    let open = OpenHosts::new(config.open_hosts.iter().cloned());
    let client = Client::new(open, &format!("Postrider/{VERSION}{contact}")).context("no HTTP client could be made")?;
    let client = client.with_pages(config.pages.clone());
    Ok(Arc::new(match kit {
        Some(kit) => client.with_blobs(Arc::new(Reader(kit.blobs.clone()))),
        None => client,
    }))
}

/// Where files are. ffmpeg is looked for on the way.
///
/// # Errors
/// When the folder cannot be made, or the bucket's address is none.
pub async fn kit(config: &Config) -> anyhow::Result<Kit> {
    let ffmpeg = Ffmpeg::find(config.media.ffmpeg.clone()).await;
    if ffmpeg.is_none() {
        tracing::warn!(
            "ffmpeg is not there: videos are sent as they are, or refused where a network wants them otherwise"
        );
    }
    let blobs = config.media.open().await.with_context(|| format!("cannot open {}", config.media.place_name()))?;
    let scratch = config.data.join("scratch");
    Kit::new(blobs, ffmpeg, &scratch, config.media.rules.clone())
        .with_context(|| format!("cannot make the folder {}", scratch.display()))
}

/// The use cases over an open ledger.
pub fn app(config: &Config, store: Store, public_url: String, media: Option<Kit>) -> anyhow::Result<App> {
    let transport = transport(config, &public_url, media.as_ref())?;
    let identity_kept = SignedDuration::from_hours(24 * i64::try_from(config.identity_days).unwrap_or(i64::MAX / 24));
    let mail = config.mail.is_some();
    store.set_mails(mail);
    let (simulated, legal) = (config.simulated.clone(), config.legal.clone());
    let settings = Settings { identity_kept, mail, simulated, legal, ..Settings::new(public_url, VERSION) };
    let registry = postrider_connectors::registry_at(&config.apis).map_err(|why| anyhow::anyhow!("apis: {why}"))?;
    let app = App::new(store, registry, transport, settings);
    let media = media.map(|kit| kit.served_at(&app.settings.public_url));
    Ok(App { media, ..app })
}

/// Who writes and sends mail, where it is sent.
///
/// # Errors
/// When there is no way to check certificates on this machine.
pub fn mail_room(config: &Config, app: &App) -> anyhow::Result<Option<Arc<dyn MailRoom>>> {
    let Some(mail) = &config.mail else { return Ok(None) };
    let smtp = Smtp::new(mail, &app.settings.public_url).context("no connection to a mail server can be made")?;
    Ok(Some(Arc::new(Room::new(app.clone(), Arc::new(smtp)))))
}

/// Where people reach the instance: what the operator says, else where it listens.
pub fn public_url(config: &Config, bound: SocketAddr) -> String {
    config.public_url.clone().unwrap_or_else(|| local_url(bound))
}

/// An address at which this machine reaches a listener; "every address" is none to call.
pub fn local_url(bound: SocketAddr) -> String {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, bound.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_every_address_is_reached_on_loopback() {
        let url = |text: &str| local_url(text.parse().expect("an address"));
        assert_eq!(url("0.0.0.0:80"), "http://127.0.0.1:80");
        assert_eq!(url("[::]:80"), "http://[::1]:80");
        assert_eq!(url("192.0.2.7:8470"), "http://192.0.2.7:8470");
    }
}
