//! The kit for a network's app review: what its console asks for, an account for the reviewer,
//! and for each permission its use, a test and a script for the recording.
//!
//! All of it is derived from the descriptor and the settings of this instance, so that what is
//! handed in is what the product does.

mod markdown;
mod permissions;
#[cfg(test)]
mod tests;
mod words;

use postrider_connector::Descriptor;
use postrider_connector::check::is_on_the_internet;
use postrider_connector::descriptor::{AuthKind, Registration};
use postrider_domain::role::{Right, Role};
use serde::Serialize;

use super::apps::{self, Owner, PlatformApps};
use crate::{App, AppError, Caller, Result, Settings};

use words::{Phrase, Words};

/// Everything that a review of the platform app asks for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReviewKit {
    /// The platform's id.
    pub platform: &'static str,
    /// Its name.
    pub platform_name: &'static str,
    /// Where people reach this instance.
    pub instance: String,
    /// Where the app is registered and the review is asked for.
    pub console: &'static str,
    /// What stands in the way of a review.
    pub missing: Vec<Missing>,
    /// The addresses that the console asks for.
    pub addresses: Vec<Address>,
    /// What comes before anything is handed in, in order.
    pub prepare: Vec<String>,
    /// How the reviewer gets in, in order.
    pub reviewer: Vec<String>,
    /// What the reviewer is told, to be pasted.
    pub instructions: String,
    /// The permissions, in the descriptor's order.
    pub permissions: Vec<Permission>,
    /// What reviews refuse for.
    pub checklist: Vec<String>,
}

/// Something without which a review does not begin or ends badly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The setting to be set; `None` where something else has to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<&'static str>,
    /// What is missing, and what to do.
    pub detail: String,
}

/// A field of the console.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    /// `redirect`, `privacy`, …
    pub kind: &'static str,
    /// What it is, for people.
    pub label: String,
    /// What to enter; `None` while it is not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The setting that it comes from, where it has one of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub setting: Option<&'static str>,
}

/// A permission, as a review asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Permission {
    /// The platform's name for it.
    pub scope: &'static str,
    /// Whether nothing works without it.
    pub required: bool,
    /// The feature that it switches.
    pub feature: &'static str,
    /// What people read before they consent.
    pub why: String,
    /// The answer to *how will you use this permission*.
    pub usage: String,
    /// What is off when it is declined.
    pub without: String,
    /// How a reviewer sees it in use, step by step.
    pub test: Vec<String>,
    /// The screen recording, shot by shot.
    pub recording: Vec<Shot>,
}

/// A shot of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shot {
    /// What is shown.
    pub show: String,
    /// What is said, or written below.
    pub say: String,
}

/// The kit of a platform whose apps people register, for whoever may enter such an app.
///
/// # Errors
/// [`postrider_domain::Code::NotFound`] for a platform that asks for no app.
pub async fn kit(app: &App, caller: &Caller, owner: Owner, platform: &str) -> Result<ReviewKit> {
    let about = apps::one(app, caller, owner, platform).await?;
    let connector = app.registry.get(platform).ok_or_else(AppError::not_found)?;
    of(&app.settings, connector.descriptor(), &about).ok_or_else(AppError::not_found)
}

/// `None` where nobody registers an app by hand, and so nobody reviews one.
fn of(settings: &Settings, descriptor: &'static Descriptor, about: &PlatformApps) -> Option<ReviewKit> {
    let AuthKind::OAuth { registration: Registration::Static { console, .. }, .. } = descriptor.auth else {
        return None;
    };
    let words = words(settings, descriptor);
    let addresses = addresses(settings, about, &words);
    Some(ReviewKit {
        platform: descriptor.id,
        platform_name: descriptor.name,
        instance: origin(settings).to_owned(),
        console,
        missing: missing(settings, about, &addresses, &words),
        addresses,
        prepare: words.lines(Phrase::Prepare),
        reviewer: words.lines(Phrase::Reviewer),
        instructions: words.say(Phrase::Instructions),
        permissions: descriptor.scopes.iter().map(|scope| permissions::of(scope, &words)).collect(),
        checklist: words.lines(Phrase::Checklist),
    })
}

fn origin(settings: &Settings) -> &str {
    settings.public_url.trim_end_matches('/')
}

/// What every sentence may name.
fn words(settings: &Settings, descriptor: &Descriptor) -> Words {
    Words::default()
        .with("platform", descriptor.name)
        .with("instance", origin(settings))
        .with("login", &settings.page("/login"))
        .with("role", &title(least_that_connects().as_str()))
        .with("media", if descriptor.media.is_some() { "yes" } else { "no" })
        .with("api", descriptor.host.unwrap_or(descriptor.name))
}

/// The role of a reviewer: whoever reviews a consent has to be able to start one.
fn least_that_connects() -> Role {
    Role::ALL.into_iter().find(|role| role.may(Right::Connect)).unwrap_or(Role::Owner)
}

fn title(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// All that the console asks for. An address at which the platform calls this instance is one of
/// them, as soon as the view of its apps names one.
fn addresses(settings: &Settings, about: &PlatformApps, words: &Words) -> Vec<Address> {
    let legal = &settings.legal;
    let own = |kind, phrase, value: &str| Address {
        kind,
        label: words.say(phrase),
        value: Some(value.to_owned()),
        setting: None,
    };
    let set = |kind, phrase, value: &Option<String>, setting| Address {
        kind,
        label: words.say(phrase),
        value: value.clone(),
        setting: Some(setting),
    };
    let told = about.callbacks.iter().flat_map(|callbacks| {
        [
            own("deauthorise", Phrase::AddressDeauthorise, &callbacks.deauthorise),
            own("delete_data", Phrase::AddressDeleteData, &callbacks.delete_data),
        ]
    });
    let mut addresses = vec![
        own("website", Phrase::AddressWebsite, origin(settings)),
        own("redirect", Phrase::AddressRedirect, &about.redirect_uri),
    ];
    addresses.extend(told);
    addresses.extend([
        set("privacy", Phrase::AddressPrivacy, &legal.privacy_url, "legal.privacy_url"),
        set("terms", Phrase::AddressTerms, &legal.terms_url, "legal.terms_url"),
        set("deletion", Phrase::AddressDeletion, &legal.deletion_url, "legal.deletion_url"),
        set("contact", Phrase::AddressContact, &legal.contact, "legal.contact"),
    ]);
    addresses
}

fn missing(settings: &Settings, about: &PlatformApps, addresses: &[Address], words: &Words) -> Vec<Missing> {
    let entry = |setting: Option<&'static str>, phrase| Missing {
        setting,
        detail: words.clone().with("setting", setting.unwrap_or_default()).say(phrase),
    };
    let public = origin(settings).starts_with("https://") && is_on_the_internet(origin(settings));
    let mut missing = Vec::new();
    if !public {
        missing.push(entry(Some("public_url"), Phrase::MissingPublicUrl));
    }
    for address in addresses.iter().filter(|address| address.value.is_none()) {
        missing.extend(unset(address.kind).map(|phrase| entry(address.setting, phrase)));
    }
    if !about.ready {
        missing.push(entry(None, Phrase::MissingKeys));
    }
    missing
}

/// What is said of an address that is not set.
fn unset(kind: &str) -> Option<Phrase> {
    Some(match kind {
        "privacy" => Phrase::MissingPrivacy,
        "terms" => Phrase::MissingTerms,
        "deletion" => Phrase::MissingDeletion,
        "contact" => Phrase::MissingContact,
        _ => return None,
    })
}
