//! The list of connectors; deleting a platform is one folder and one line.

use std::sync::Arc;

use crate::descriptor::Descriptor;
use crate::machine::Connector;

/// All connectors by id.
#[derive(Clone, Default)]
pub struct Registry(Vec<Arc<dyn Connector>>);

impl Registry {
    /// A registry of these, in the order in which people see them.
    pub fn new(connectors: Vec<Arc<dyn Connector>>) -> Self {
        Self(connectors)
    }

    /// The connector with this id.
    pub fn get(&self, id: &str) -> Option<&Arc<dyn Connector>> {
        self.0.iter().find(|connector| connector.descriptor().id == id)
    }

    /// Every connector.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Connector>> {
        self.0.iter()
    }

    /// Every descriptor.
    pub fn descriptors(&self) -> impl Iterator<Item = &'static Descriptor> {
        self.0.iter().map(|connector| connector.descriptor())
    }
}
