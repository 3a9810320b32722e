//! Jobs that are overtaken while they work.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use postrider_blobs::{BlobError, BlobKey, BlobStore, Incoming};
use postrider_connector::http::{Request, Response, TransportError};
use postrider_domain::media::{MediaFacts, MediaKind, Mime};
use postrider_media::ImageRecipe;
use postrider_store::repo::jobs::{self, Sort};
use postrider_store::repo::media::{
    self, Inspected, Leased, Media, MediaPayload, NewMedia, NewRendition, RenderPayload, Rendered, RenditionState,
};
use postrider_store::repo::nodes;
use postrider_store::testkit::TestStore;
use postrider_store::testkit::fixtures::{self, World};
use postrider_store::{Store, store_test};

use super::*;

/// No way out.
struct Walled;

#[async_trait]
impl Transport for Walled {
    async fn exchange(&self, _: &Request, _: Option<&str>) -> Result<Response, TransportError> {
        Err(TransportError::Invalid("there is no way out".to_owned()))
    }
}

/// A workspace and a place for files.
struct Desk {
    studio: Studio,
    world: World,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn new(store: &TestStore) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Store = (**store).clone();
        postrider_store::repo::instance::ensure(&store).await.unwrap();
        let mut tx = store.write().await.unwrap();
        let world = fixtures::world(&mut tx, "ann").await;
        tx.commit().await.unwrap();
        let blobs = BlobStore::local(&folder.path().join("media"), 0).await.unwrap();
        let kit = Kit::new(blobs, None, &folder.path().join("scratch"), Rules::default()).unwrap();
        Self { studio: Studio { store, kit, transport: Arc::new(Walled) }, world, _folder: folder }
    }

    fn workspace(&self) -> WorkspaceId {
        self.world.workspace
    }

    /// A file whose bytes are all there, and that nobody has looked at.
    async fn arrived(&self, bytes: &[u8]) -> MediaId {
        let mut tx = self.studio.store.write().await.unwrap();
        let new = NewMedia {
            name: "cat.png",
            mime: "image/png",
            bytes: bytes.len() as u64,
            alt: "",
            focus: None,
            upload_meta: None,
            expires_at: None,
            created_by: self.world.user,
        };
        let id = media::create(&mut tx, self.workspace(), new).await.unwrap().id;
        let until = Appender::lease_end(tx.now());
        let Leased::Yes(lease, ..) = media::lease(&mut tx, self.workspace(), id, until).await.unwrap() else {
            panic!("nobody else is there")
        };
        tx.commit().await.unwrap();
        let appender = Appender::new(&self.studio.store, &self.studio.kit, lease, Until::End(bytes.len() as u64));
        let mut session = appender.session(None).await.unwrap();
        appender.append(&mut session, &mut Incoming::from(Bytes::copy_from_slice(bytes))).await.unwrap();
        appender.take_in(bytes.len() as u64).await.unwrap();
        id
    }

    async fn file(&self, id: MediaId) -> Media {
        media::get(&mut self.studio.store.read().await.unwrap(), self.workspace(), id).await.unwrap()
    }

    async fn is_stored(&self, key: &str) -> bool {
        match self.studio.kit.blobs.len(&BlobKey::parse(key).unwrap()).await {
            Ok(_) => true,
            Err(BlobError::NotFound) => false,
            Err(error) => panic!("{error}"),
        }
    }

    fn look(&self, media: MediaId) -> BoxFuture<'_, Result<(), Trouble>> {
        Box::pin(async move { inspect::run(&self.studio, self.workspace(), &MediaPayload { media }).await })
    }

    fn render<'a>(&'a self, of: &'a RenderPayload) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(render::run(&self.studio, self.workspace(), of))
    }

    /// Runs a job that is held up where it decodes, and lets `meanwhile` happen there.
    async fn overtaken<T>(&self, job: impl Future<Output = T>, meanwhile: impl Future<Output = ()>) -> T {
        let turn = self.studio.kit.decoding.acquire().await.unwrap();
        let mut job = std::pin::pin!(job);
        // It does everything before, and then waits for its turn.
        let early = tokio::time::timeout(Duration::from_millis(500), &mut job).await;
        assert!(early.is_err(), "it never came to decoding");
        meanwhile.await;
        drop(turn);
        job.await
    }

    async fn purge(&self, id: MediaId) {
        let mut tx = self.studio.store.write().await.unwrap();
        media::mark_purged(&mut tx, self.workspace(), id).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn picture(side: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = RgbImage::from_pixel(side, side, Rgb([1, 2, 3]));
    DynamicImage::from(picture).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

store_test!(a_worker_that_wakes_late_leaves_what_another_has_made_ready, |store| {
    let desk = Desk::new(store).await;
    let id = desk.arrived(&picture(8)).await;
    let object = media::object_key(id);
    let thumb = format!("{object}/t.webp");
    let late = desk.look(id);
    let other = async {
        let facts = MediaFacts {
            kind: MediaKind::Image,
            mime: Mime::Png,
            bytes: 1,
            width: 8,
            height: 8,
            duration_ms: None,
            fps: None,
            codec: None,
            audio: false,
        };
        let found = Inspected {
            facts: &facts,
            sha256: [7; 32],
            object_key: &object,
            work_key: None,
            thumb_key: Some(&thumb),
            notes: &[],
        };
        let mut tx = desk.studio.store.write().await.unwrap();
        media::mark_ready(&mut tx, desk.workspace(), id, &found).await.unwrap();
        tx.commit().await.unwrap();
    };
    let ended = desk.overtaken(late, other).await;
    assert!(matches!(ended, Err(Trouble::Store(StoreError::Stale))), "{ended:?}");
    assert_eq!(desk.file(id).await.state, MediaState::Ready);
    assert!(desk.is_stored(&object).await && desk.is_stored(&thumb).await, "the row names them");
});

store_test!(a_file_that_is_deleted_while_it_is_looked_at_leaves_nothing, |store| {
    let desk = Desk::new(store).await;
    let id = desk.arrived(&picture(8)).await;
    desk.overtaken(desk.look(id), desk.purge(id)).await.unwrap();
    let object = media::object_key(id);
    assert!(!desk.is_stored(&object).await && !desk.is_stored(&format!("{object}/t.webp")).await);
});

impl Desk {
    /// A rendition that is wanted of a file that is ready.
    async fn wanted(&self, recipe: &Recipe) -> RenderPayload {
        let id = self.arrived(&picture(8)).await;
        self.studio.work_off().await.unwrap();
        let plain = serde_json::to_value(recipe).unwrap();
        let new = NewRendition { media: id, recipe_key: &recipe.key(), recipe: &plain, heavy: false };
        let mut tx = self.studio.store.write().await.unwrap();
        media::want(&mut tx, self.workspace(), new).await.unwrap();
        tx.commit().await.unwrap();
        RenderPayload { media: id, recipe: recipe.key() }
    }
}

fn small() -> Recipe {
    Recipe::Image(ImageRecipe { max_width: Some(4), ..ImageRecipe::new(100_000, &[postrider_media::Mime::Png]) })
}

fn rendition_key(of: &RenderPayload) -> String {
    format!("{}/r/{}.png", media::object_key(of.media), of.recipe)
}

store_test!(a_file_that_is_deleted_while_it_is_rendered_leaves_no_rendition, |store| {
    let desk = Desk::new(store).await;
    let of = desk.wanted(&small()).await;
    desk.overtaken(desk.render(&of), desk.purge(of.media)).await.unwrap();
    assert!(!desk.is_stored(&rendition_key(&of)).await);
    // The same with everything around it.
    let of = desk.wanted(&small()).await;
    let delete = async {
        let mut tx = desk.studio.store.write().await.unwrap();
        postrider_store::repo::workspaces::delete(&mut tx, desk.workspace()).await.unwrap();
        tx.commit().await.unwrap();
    };
    desk.overtaken(desk.render(&of), delete).await.unwrap();
    assert!(!desk.is_stored(&rendition_key(&of)).await);
});

store_test!(a_rendition_that_another_worker_has_made_stays, |store| {
    let desk = Desk::new(store).await;
    let of = desk.wanted(&small()).await;
    let other = async {
        let made = Rendered {
            object_key: rendition_key(&of),
            sha256: [7; 32],
            mime: Mime::Png,
            bytes: 1,
            width: 4,
            height: 4,
            duration_ms: None,
            notes: Vec::new(),
        };
        let mut tx = desk.studio.store.write().await.unwrap();
        media::finish_rendition(&mut tx, desk.workspace(), &of, &made).await.unwrap();
        tx.commit().await.unwrap();
    };
    let ended = desk.overtaken(desk.render(&of), other).await;
    assert!(matches!(ended, Err(Trouble::Store(StoreError::Stale))), "{ended:?}");
    assert!(desk.is_stored(&rendition_key(&of)).await);
});

impl Desk {
    /// Every job is taken by a process that then dies; so often, with a minute between.
    async fn dies(&self, store: &TestStore, sort: Sort, times: u64) {
        for _ in 0..times {
            self.dies_once(sort).await;
            store.advance(jobs::SUSPECT_WAITS);
        }
    }

    async fn dies_once(&self, sort: Sort) {
        let mut tx = self.studio.store.write().await.unwrap();
        let node = tx.new_id();
        let boot = nodes::register(&mut tx, node, "host", "0").await.unwrap();
        assert_eq!(jobs::claim_sort(&mut tx, sort, boot, 9, Duration::from_secs(60)).await.unwrap().len(), 1);
        nodes::register(&mut tx, node, "host", "0").await.unwrap();
        jobs::rescue(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
    }
}

store_test!(a_file_of_which_the_process_dies_each_time_is_given_up_and_says_why, |store| {
    let desk = Desk::new(store).await;
    let twice = desk.arrived(&picture(8)).await;
    desk.dies(store, Sort::Media, 2).await;
    desk.studio.work_off().await.unwrap();
    assert_eq!(desk.file(twice).await.state, MediaState::Ready);
    let id = desk.arrived(&picture(9)).await;
    desk.dies(store, Sort::Media, 3).await;
    desk.studio.work_off().await.unwrap();
    let file = desk.file(id).await;
    assert_eq!((file.state, file.code), (MediaState::Failed, Some(Code::MediaCrashed)));
    assert_eq!(file.code_args["times"], "3");
    assert!(!desk.is_stored(&media::object_key(id)).await);
});

store_test!(a_rendition_of_which_the_process_dies_each_time_is_given_up_and_says_why, |store| {
    let desk = Desk::new(store).await;
    let of = desk.wanted(&small()).await;
    desk.dies(store, Sort::Media, 3).await;
    desk.studio.work_off().await.unwrap();
    let mut tx = desk.studio.store.read().await.unwrap();
    let made = media::rendition(&mut tx, desk.workspace(), of.media, &of.recipe).await.unwrap();
    assert_eq!((made.state, made.code), (RenditionState::Failed, Some(Code::MediaCrashed)));
});

store_test!(a_disk_without_room_is_waited_for_and_blamed_on_no_file, |store| {
    let mut desk = Desk::new(store).await;
    let of = desk.wanted(&small()).await;
    let id = desk.arrived(&picture(9)).await;
    desk.studio.kit.rules.keep_free = u64::MAX - 1;
    let full = |ended: Result<(), Trouble>| matches!(ended, Err(Trouble::Later { code: Code::StorageFull, .. }));
    assert!(full(desk.look(id).await));
    assert!(full(desk.render(&of).await));
    let ffmpeg = || Trouble::from(postrider_media::MediaError::Ffmpeg { words: "no space left".to_owned() });
    assert!(full(Err(desk.studio.kit.blame(ffmpeg()).await)));
    desk.studio.kit.rules.keep_free = 0;
    let blamed = desk.studio.kit.blame(ffmpeg()).await;
    assert!(matches!(blamed, Trouble::Final { code: Code::ConverterFailed, .. }), "{blamed:?}");
    desk.look(id).await.unwrap();
    desk.render(&of).await.unwrap();
});
