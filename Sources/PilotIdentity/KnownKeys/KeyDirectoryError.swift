/// Why a directory can't say at the moment which key a node has. That a node isn't known is no error.
public struct KeyDirectoryError: Error, Sendable {
  /// The kinds of failure. More may come: a `switch` over them needs a `default`.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code's name in snake case, fit for logs and metrics.
    public let description: String

    /// The source of the keys can't be reached, or didn't answer in time. Asking again can help.
    public static let unavailable = Self(description: "unavailable")
    /// The source answered something that isn't understood. Asking again doesn't help.
    public static let invalidAnswer = Self(description: "invalid_answer")
  }

  /// What kind of failure this is.
  public var code: Code
  /// One sentence without a full stop: what failed, and what to try where that is known.
  public var message: String
  /// The error underneath, if there is one.
  public var cause: (any Error)?

  /// Makes an error.
  public init(code: Code, message: String, cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.cause = cause
  }

  /// Whether asking again can help.
  public var isTransient: Bool { code == .unavailable }
}

extension KeyDirectoryError: CustomStringConvertible {
  /// Code, message and cause in one line.
  public var description: String {
    guard let cause else { return "\(code): \(message)" }
    return "\(code): \(message) (\(cause))"
  }
}
