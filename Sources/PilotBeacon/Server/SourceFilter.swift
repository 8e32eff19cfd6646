import PilotTransport

/// The rules about addresses, at hand for a thread that asks them for each datagram. They are looked up again when they have
/// changed.
struct SourceFilter {
  private let policy: AddressPolicy
  private var version: UInt64?
  private var current: AddressRules?

  init(_ policy: AddressPolicy) {
    self.policy = policy
  }

  /// The rules at the moment; nil if everybody may speak.
  mutating func rules() -> AddressRules? {
    let version = policy.version
    if version != self.version {
      let rules = policy.rules
      current = rules.admitsAll ? nil : rules
      self.version = version
    }
    return current
  }
}
