/// A transport, or a node over one, broke the contract.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
  /// What was checked: "a transport".
  public let subject: String
  /// The name of the check.
  public let check: String
  /// What was expected and what came instead.
  public let message: String

  /// Both, in one sentence.
  public var description: String { "\(subject) \(check), but this one does not: \(message)" }
}

/// What a check throws inside; its name is added outside.
package struct Violation: Error {
  let message: String

  package init(_ message: String) {
    self.message = message
  }
}

/// Thrown by a check that has nothing to say about a transport.
package struct NotApplicable: Error {
  let reason: String

  package init(_ reason: String) {
    self.reason = reason
  }
}
