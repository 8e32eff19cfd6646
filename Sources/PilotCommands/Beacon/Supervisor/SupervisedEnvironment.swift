#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a supervisor has written into the environment, and the process that it is meant for.
struct SupervisedEnvironment: Sendable {
  var values: [String: String]
  /// This process's number.
  var process: Int32

  subscript(name: String) -> String? { values[name] }

  /// This process's own.
  static var current: SupervisedEnvironment {
    SupervisedEnvironment(
      values: ProcessInfo.processInfo.environment, process: ProcessInfo.processInfo.processIdentifier)
  }
}
