//! Proposals of IPsec in strongSwan's notation (`aes256-sha256-ecp384`): what each keyword is, what AWS calls it, and what two
//! proposals have in common.

use std::fmt;

use self::table::{Algorithm, algorithm};

mod table;

pub use self::table::{ALGORITHMS, AwsName};

/// Which exchange a proposal is for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Phase {
    /// Phase 1 at AWS.
    Ike,
    /// Phase 2 at AWS.
    Esp,
}

/// The kinds of algorithm that a proposal is made of.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Transform {
    Encryption,
    Integrity,
    Prf,
    /// Of the key exchange; in ESP that of perfect forward secrecy.
    Group,
}

impl Transform {
    pub const ALL: [Self; 4] = [Self::Encryption, Self::Integrity, Self::Prf, Self::Group];
}

impl fmt::Display for Transform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Encryption => "encryption",
            Self::Integrity => "integrity",
            Self::Prf => "PRF",
            Self::Group => "DH group",
        })
    }
}

/// A proposal: for each kind of algorithm those that are offered, as strongSwan understands them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proposal {
    phase: Phase,
    encryption: Vec<&'static Algorithm>,
    /// None with an AEAD cipher, which brings its own.
    integrity: Vec<&'static Algorithm>,
    /// Of IKE only.
    prf: Vec<&'static Algorithm>,
    /// Without any, ESP is without perfect forward secrecy.
    groups: Vec<&'static Algorithm>,
}

/// Why a text is not a proposal. It may be quoted: a proposal is not secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProposalError {
    #[error("it is empty")]
    Empty,
    #[error("it has a comma: each proposal is a value of its own")]
    Several,
    #[error("{0:?} is not an algorithm of strongSwan that can be compared")]
    Unknown(String),
    #[error("it names no encryption")]
    NoEncryption,
    #[error("it mixes a combined cipher (GCM, CCM, ChaCha20) with another one")]
    Mixed,
    #[error("it names no integrity algorithm")]
    NoIntegrity,
    #[error("a combined cipher (GCM, CCM, ChaCha20) needs a PRF for IKE")]
    NoPrf,
    #[error("it names no DH group, which IKE always needs")]
    NoGroup,
}

impl Proposal {
    /// # Errors
    /// What strongSwan would refuse, too, and ESP without integrity, which it would take.
    pub fn parse(phase: Phase, text: &str) -> Result<Self, ProposalError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ProposalError::Empty);
        }
        if text.contains(',') {
            return Err(ProposalError::Several);
        }
        let mut parsed =
            Self { phase, encryption: Vec::new(), integrity: Vec::new(), prf: Vec::new(), groups: Vec::new() };
        for keyword in text.split('-') {
            let found = algorithm(keyword).ok_or_else(|| ProposalError::Unknown(keyword.to_owned()))?;
            let list = parsed.list_mut(found.transform);
            if !list.contains(&found) {
                list.push(found);
            }
        }
        parsed.complete()
    }

    /// What strongSwan adds and leaves out, and what it refuses.
    fn complete(mut self) -> Result<Self, ProposalError> {
        if self.encryption.is_empty() {
            return Err(ProposalError::NoEncryption);
        }
        let is_aead = self.is_aead();
        if is_aead != self.encryption.iter().any(|cipher| cipher.is_aead) {
            return Err(ProposalError::Mixed);
        }
        match self.phase {
            Phase::Ike => {
                if self.prf.is_empty() {
                    self.prf = implied_prf(&self.integrity);
                }
                self.groups.retain(|group| !group.is_no_group());
            }
            Phase::Esp => self.prf.clear(),
        }
        if is_aead {
            self.integrity.clear();
        } else if self.integrity.is_empty() {
            return Err(ProposalError::NoIntegrity);
        }
        match self.phase {
            Phase::Ike if self.prf.is_empty() => Err(ProposalError::NoPrf),
            Phase::Ike if self.groups.is_empty() => Err(ProposalError::NoGroup),
            Phase::Ike | Phase::Esp => Ok(self),
        }
    }

    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the cipher brings its own integrity.
    #[must_use]
    pub fn is_aead(&self) -> bool {
        self.encryption.iter().all(|cipher| cipher.is_aead)
    }

    /// The offered algorithms of a kind, in the proposal's order.
    #[must_use]
    pub fn list(&self, transform: Transform) -> &[&'static Algorithm] {
        match transform {
            Transform::Encryption => &self.encryption,
            Transform::Integrity => &self.integrity,
            Transform::Prf => &self.prf,
            Transform::Group => &self.groups,
        }
    }

    fn list_mut(&mut self, transform: Transform) -> &mut Vec<&'static Algorithm> {
        match transform {
            Transform::Encryption => &mut self.encryption,
            Transform::Integrity => &mut self.integrity,
            Transform::Prf => &mut self.prf,
            Transform::Group => &mut self.groups,
        }
    }

    /// What both offer, as a proposal with this one's order.
    ///
    /// # Errors
    /// The kinds of algorithm of which they have nothing in common. In ESP, a lone `Group` does not stop the tunnel from
    /// starting: without it the first rekeying fails.
    pub fn common(&self, other: &Self) -> Result<Self, Vec<Transform>> {
        let mut common = self.clone();
        let mut lacking = Vec::new();
        for transform in Transform::ALL {
            let (ours, theirs) = (self.offered(transform), other.offered(transform));
            let shared: Vec<&'static Algorithm> =
                ours.iter().copied().filter(|algorithm| theirs.contains(algorithm)).collect();
            if shared.is_empty() && !(ours.is_empty() && theirs.is_empty()) {
                lacking.push(transform);
            }
            *common.list_mut(transform) = shared.into_iter().filter(|shared| !shared.is_no_group()).collect();
        }
        // Integrity differs of necessity where the ciphers are of two sorts; the cipher is what has to change.
        if self.is_aead() != other.is_aead() {
            lacking.retain(|transform| *transform != Transform::Integrity);
        }
        if lacking.is_empty() { Ok(common) } else { Err(lacking) }
    }

    /// The algorithms of a kind, where no group in ESP is a choice like a group.
    fn offered(&self, transform: Transform) -> Vec<&'static Algorithm> {
        let list = self.list(transform);
        if transform == Transform::Group && self.phase == Phase::Esp && list.is_empty() {
            return vec![&table::NO_GROUP];
        }
        list.to_vec()
    }

    /// What of it an end of AWS takes.
    ///
    /// # Errors
    /// The kinds of algorithm of which AWS takes none. AWS's end always uses perfect forward secrecy.
    pub fn accepted_by_aws(&self) -> Result<Self, Vec<Transform>> {
        let mut accepted = self.clone();
        let mut lacking = Vec::new();
        for transform in Transform::ALL {
            let list = accepted.list_mut(transform);
            let was_empty = list.is_empty();
            list.retain(|algorithm| algorithm.aws(self.phase).is_some());
            if list.is_empty() && (!was_empty || transform == Transform::Group) {
                lacking.push(transform);
            }
        }
        if lacking.is_empty() { Ok(accepted) } else { Err(lacking) }
    }

    /// One algorithm of each kind: the first that is not weak, else the first.
    #[must_use]
    pub fn pinned(&self) -> Self {
        let mut pinned = self.clone();
        for transform in Transform::ALL {
            let list = pinned.list_mut(transform);
            let best = list.iter().copied().find(|algorithm| !algorithm.is_weak).or_else(|| list.first().copied());
            *list = best.into_iter().collect();
        }
        // A PRF that strongSwan would take from the integrity stays the same one.
        if self.phase == Phase::Ike && self.prf == implied_prf(&self.integrity) && !pinned.integrity.is_empty() {
            pinned.prf = implied_prf(&pinned.integrity);
        }
        pinned
    }

    /// The algorithms in it that are too weak to be used by choice.
    #[must_use]
    pub fn weak(&self) -> Vec<&'static Algorithm> {
        let all = Transform::ALL.into_iter().filter(|transform| !self.is_implied(*transform));
        all.flat_map(|transform| self.list(transform).iter().copied()).filter(|algorithm| algorithm.is_weak).collect()
    }

    /// The same without weak algorithms: each is replaced by what `instead` has of its kind.
    #[must_use]
    pub fn strengthened(&self, instead: &Self) -> Self {
        let mut strong = self.clone();
        for transform in Transform::ALL {
            let list = strong.list_mut(transform);
            let had_any = !list.is_empty();
            list.retain(|algorithm| !algorithm.is_weak);
            if list.is_empty() && had_any {
                *list = instead.list(transform).to_vec();
            }
        }
        strong
    }

    /// The proposal nearest to this one that an end of AWS takes: what it takes of this one, the rest from `instead`.
    #[must_use]
    pub fn nearest_for_aws(&self, instead: &Self) -> Self {
        let mut nearest = self.clone();
        for transform in Transform::ALL {
            let list = nearest.list_mut(transform);
            list.retain(|algorithm| algorithm.aws(self.phase).is_some());
        }
        if nearest.encryption.is_empty() {
            nearest.encryption.clone_from(&instead.encryption);
        }
        let needs = |transform| match transform {
            Transform::Encryption => false,
            Transform::Integrity => !nearest.is_aead(),
            Transform::Prf => self.phase == Phase::Ike,
            Transform::Group => true,
        };
        let needed: Vec<Transform> = Transform::ALL.into_iter().filter(|transform| needs(*transform)).collect();
        for transform in needed {
            if nearest.list(transform).is_empty() {
                *nearest.list_mut(transform) = instead.list(transform).to_vec();
            }
        }
        if nearest.is_aead() {
            nearest.integrity.clear();
        }
        nearest.pinned()
    }

    /// Whether it is not written, because strongSwan derives it.
    fn is_implied(&self, transform: Transform) -> bool {
        transform == Transform::Prf && !self.integrity.is_empty() && self.prf == implied_prf(&self.integrity)
    }
}

/// strongSwan takes the integrity's hash as PRF where none is named.
fn implied_prf(integrity: &[&'static Algorithm]) -> Vec<&'static Algorithm> {
    integrity.iter().filter_map(|algorithm| algorithm_of_prf(algorithm.keyword())).collect()
}

fn algorithm_of_prf(integrity: &str) -> Option<&'static Algorithm> {
    algorithm(&format!("prf{integrity}"))
}

/// The proposal as strongSwan reads it.
impl fmt::Display for Proposal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = Transform::ALL.into_iter().filter(|transform| !self.is_implied(*transform));
        let keywords: Vec<&str> =
            written.flat_map(|transform| self.list(transform).iter().map(|algorithm| algorithm.keyword())).collect();
        f.write_str(&keywords.join("-"))
    }
}

#[cfg(test)]
mod tests;
