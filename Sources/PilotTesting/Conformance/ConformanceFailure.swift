/// A transport broke the contract.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
  /// The name of the check.
  public let check: String
  /// What was expected and what came instead.
  public let message: String

  /// Both, in one sentence.
  public var description: String { "a transport \(check), but this one does not: \(message)" }
}

/// What a check throws inside; its name is added outside.
struct Violation: Error {
  let message: String

  init(_ message: String) {
    self.message = message
  }
}

/// Thrown by a check that has nothing to say about a transport.
struct NotApplicable: Error {
  let reason: String

  init(_ reason: String) {
    self.reason = reason
  }
}
