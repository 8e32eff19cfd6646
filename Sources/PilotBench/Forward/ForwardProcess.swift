import FoundationEssentials
import NIOPosix
import PilotConsole
import PilotTransport
import PilotWire

/// `pilot forward` as a child process.
///
/// It tells its statistics once a second, so that it ends by itself where nobody reads them any more.
struct ForwardProcess: Sendable {
  /// A line that it writes. Members that it hasn't are nil.
  struct Event: Decodable, Sendable {
    let event: String
    let local: String?
    let path: String?
  }

  private let child: ChildProcess

  /// Starts it.
  ///
  /// - Parameters:
  ///   - arguments: What to forward.
  ///   - node: Which node it is.
  ///   - path: Which way it goes.
  ///   - beacon: The beacon.
  ///   - waiters: The threads that wait for its lines.
  static func start(
    _ arguments: [String], node: Int, by path: ForwardBenchPath, at beacon: MeasuredBeacon,
    _ credentials: BenchCredentials, waiters: NIOThreadPool
  ) throws -> ForwardProcess {
    let common = [
      "--node", String(node), "--identity", credentials.identityPath, "--peers", credentials.nodesPath, "--json",
      "--stats",
      "--log-level", "warning",
    ]
    let child = try ChildProcess.start(
      ["forward"] + arguments + common + path.arguments(to: beacon), program: SiblingProgram.path(of: "pilot"),
      waiters: waiters)
    return ForwardProcess(child: child)
  }

  /// What it has worked so far; nil if the system doesn't tell.
  var processorTime: Duration? { ProcessorTime.of(process: child.id) }

  /// Waits for an event.
  ///
  /// - Throws: A failure if it ends before.
  func next(where isWanted: (Event) -> Bool) async throws -> Event {
    while let line = await child.line() {
      guard let event = try? JSONDecoder().decode(Event.self, from: Data(line.utf8)) else { continue }
      if isWanted(event) { return event }
    }
    try Task.checkCancellation()
    throw CommandFailure("pilot forward has ended", hint: "its own line above says why")
  }

  /// Reads what it writes until it ends.
  func drain() async { while await child.line() != nil {} }

  /// Ends it.
  func end() { child.end() }
}
