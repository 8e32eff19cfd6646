import PilotConsole

/// What `pilot bench forward` was asked for, checked.
struct ForwardBenchPlan: Sendable {
  var paths: [ForwardBenchPath]
  var cases: [ForwardBenchCase]
  /// Bytes of each datagram's payload.
  var length: Int
  /// Datagrams under way at most, in a flood.
  var window: Int
  /// How long each measurement lasts.
  var duration: Duration

  /// What fits a datagram by default, in bytes.
  static let longest = 1_153
}
