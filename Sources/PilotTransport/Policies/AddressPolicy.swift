internal import Synchronization

/// The rules in force, which may change while they are asked. From any thread.
public final class AddressPolicy: Sendable {
  private let current: Mutex<AddressRules>
  private let changes = Atomic<UInt64>(0)

  /// These rules to begin with.
  public init(_ rules: AddressRules = AddressRules()) {
    current = Mutex(rules)
  }

  /// The rules at the moment.
  public var rules: AddressRules { current.withLock { $0 } }

  /// Puts other rules into force.
  public func replace(with rules: AddressRules) {
    current.withLock { current in
      current = rules
      changes.add(1, ordering: .releasing)
    }
  }

  /// Another number after each change: whoever keeps the rules at hand looks at this, which costs next to nothing.
  package var version: UInt64 { changes.load(ordering: .acquiring) }
}
