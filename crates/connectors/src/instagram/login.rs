//! What differs between the two ways in: by Instagram's own log-in, and by Facebook's.

use postrider_connector::Descriptor;

/// A way in. Everything else is the same for both.
#[derive(Debug, Clone, Copy)]
pub(super) struct Login {
    /// What the rest of the product may know.
    pub(super) descriptor: &'static Descriptor,
    /// The same for stories, whose parts are stories as well and no comments.
    pub(super) stories: &'static Descriptor,
    /// Whether posts may be at a place.
    pub(super) places: bool,
}

impl Login {
    /// What holds for a variant.
    pub(super) fn descriptor_of(&self, story: bool) -> &'static Descriptor {
        if story { self.stories } else { self.descriptor }
    }
}
