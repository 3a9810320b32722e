//! A bucket of a service that speaks S3.
//!
//! ```text
//! <prefix>objects/<key>            finished
//! <prefix>tails/<key>/<end>        bytes of a session behind its last full part, up to the offset <end>
//! ```

mod classify;
mod read;
mod upload;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStoreExt, PutPayload, RetryConfig};

use crate::S3Config;
use crate::error::BlobError;
use crate::key::BlobKey;

use classify::{classified, not_found_is_fine};

/// A request is not repeated after so long, since its signature is good for minutes only.
const RETRY_WINDOW: Duration = Duration::from_secs(120);

pub(crate) struct S3 {
    client: Arc<AmazonS3>,
    prefix: String,
    place: String,
    retries: usize,
}

impl S3 {
    pub(crate) fn new(config: &S3Config) -> Result<Self, BlobError> {
        let retry = RetryConfig {
            backoff: BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() },
            max_retries: config.retries,
            retry_timeout: RETRY_WINDOW,
        };
        // The whole-request limit would cut off long reads; the limit for each read bounds silence instead.
        let options = ClientOptions::new()
            .with_timeout_disabled()
            .with_connect_timeout(Duration::from_secs(10))
            .with_read_timeout(config.timeout);
        let mut builder = AmazonS3Builder::new()
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_access_key_id(&config.access_key)
            .with_secret_access_key(config.secret_key.expose())
            .with_virtual_hosted_style_request(!config.path_style)
            .with_client_options(options)
            .with_retry(retry);
        if let Some(endpoint) = &config.endpoint {
            // Whoever configures http:// means it: a service on the same host or network.
            let url = service_url(endpoint, &config.bucket, config.path_style);
            builder = builder.with_endpoint(url).with_allow_http(endpoint.starts_with("http://"));
        }
        let client = builder.build().map_err(|error| BlobError::Refused(error.into()))?;
        let host = config.endpoint.clone().unwrap_or_else(|| format!("s3 {}", config.region));
        Ok(Self {
            client: Arc::new(client),
            prefix: config.prefix.clone(),
            place: format!("{host} bucket {}", config.bucket),
            retries: config.retries,
        })
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    pub(crate) async fn len(&self, key: &BlobKey) -> Result<u64, BlobError> {
        Ok(self.client.head(&self.object(key)).await.map_err(classified)?.size)
    }

    pub(crate) async fn delete(&self, key: &BlobKey) -> Result<(), BlobError> {
        not_found_is_fine(self.client.delete(&self.object(key)).await)
    }

    pub(crate) async fn put_small(&self, key: &BlobKey, bytes: Bytes) -> Result<(), BlobError> {
        self.put(&self.object(key), bytes).await
    }

    async fn put(&self, path: &Path, bytes: Bytes) -> Result<(), BlobError> {
        self.client.put(path, PutPayload::from_bytes(bytes)).await.map_err(classified)?;
        Ok(())
    }

    fn object(&self, key: &BlobKey) -> Path {
        Path::from(format!("{}objects/{key}", self.prefix))
    }

    fn tail(&self, key: &BlobKey, end: u64) -> Path {
        Path::from(format!("{}tails/{key}/{end}", self.prefix))
    }
}

/// Where requests go: the bucket stands in the path, or in front of the host's name.
fn service_url(endpoint: &str, bucket: &str, path_style: bool) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    match endpoint.split_once("://") {
        Some((scheme, host)) if !path_style => format!("{scheme}://{bucket}.{host}"),
        _ => endpoint.to_owned(),
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3").field("place", &self.place).field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bucket_stands_in_the_path_or_in_the_name() {
        assert_eq!(service_url("https://s3.example.org/", "media", true), "https://s3.example.org");
        assert_eq!(service_url("https://s3.example.org", "media", false), "https://media.s3.example.org");
        assert_eq!(service_url("http://10.0.0.1:9000", "media", false), "http://media.10.0.0.1:9000");
    }

    #[test]
    fn neither_the_store_nor_its_place_prints_a_secret() {
        let config = S3Config {
            bucket: "media".into(),
            region: "auto".into(),
            endpoint: Some("https://s3.example.org".into()),
            access_key: "AKID".into(),
            secret_key: postrider_domain::secret::Secret::new("hunter2"),
            path_style: false,
            prefix: "p/".into(),
            timeout: Duration::from_secs(1),
            retries: 0,
        };
        let store = S3::new(&config).unwrap();
        assert_eq!(store.place(), "https://s3.example.org bucket media");
        assert!(!format!("{store:?} {config:?}").contains("hunter2"));
        assert_eq!(store.object(&BlobKey::parse("a/b").unwrap()).as_ref(), "p/objects/a/b");
        assert_eq!(store.tail(&BlobKey::parse("a/b").unwrap(), 7).as_ref(), "p/tails/a/b/7");
    }
}
