//! Repository functions, a module per aggregate.

pub mod apps;
pub mod attempts;
pub mod audit;
pub mod backdate;
pub mod budgets;
pub mod calendar;
pub mod changes;
pub mod channels;
pub mod choices;
pub mod connect_links;
pub mod data_keys;
pub mod deliveries;
pub mod entitlements;
pub mod events;
pub mod figures;
pub mod grants;
pub mod idempotency;
pub mod instance;
pub mod invitations;
pub mod jobs;
pub mod keys;
pub mod labels;
pub mod lanes;
pub mod links;
pub mod mail;
pub mod media;
pub mod members;
pub mod nodes;
pub mod notifications;
pub mod oauth;
pub mod page;
pub mod parts;
pub mod posts;
pub mod restored;
pub mod series;
pub mod sessions;
pub mod settings;
pub mod steps;
pub mod throttles;
pub mod tombstones;
pub mod users;
pub mod withdrawals;
pub mod workspaces;

#[cfg(test)]
mod tests;
