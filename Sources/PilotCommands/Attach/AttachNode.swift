import Logging
import PilotConsole
import PilotFixtures
import PilotNode
import PilotTransport
import PilotWSS
import PilotWire
import Synchronization

/// A node that `pilot attach` runs: does what the input's lines say, and writes what happens.
final class AttachNode: Sendable {
  let node: Node
  private let output: AttachOutput
  private let logger: Logger
  private let readsInput = Atomic<Bool>(false)
  private let configuration: Node.Configuration
  /// Whether nothing more is to be said of what holds the node up: it is ready, or over.
  private let isSettled = Atomic<Bool>(false)
  /// Rung when it is.
  private let settled = Alarm()

  /// - Parameters:
  ///   - node: The node, which is left when ``serve(readingInput:)`` returns.
  ///   - configuration: What it was made of.
  ///   - output: Where lines go.
  ///   - logger: What else there is to say.
  init(_ node: Node, _ configuration: Node.Configuration, output: AttachOutput, logger: Logger) {
    self.node = node
    self.configuration = configuration
    self.output = output
    self.logger = logger
  }

  /// Serves until the node has left.
  ///
  /// - Parameter readingInput: Whether to read the input from the start. Otherwise as soon as a beacon has been heard of, or
  ///   is given up hope on.
  func serve(readingInput: Bool) async {
    if readingInput { readInput() }
    await withTaskGroup { group in
      for transport in node.transports { group.addTask { await self.watch(transport) } }
      // Over UDP alone the node's own state says all that there is to say.
      if node.paths.contains(where: { $0.kind == .connection }) { group.addTask { await self.reportPaths() } }
      defer {
        node.leave()
        settle()
      }
      do throws(TransportError) {
        try await follow()
      } catch {
        if error.code != .cancelled { output.write(.error(error)) }
      }
    }
  }

  private func readInput() {
    guard !readsInput.exchange(true, ordering: .acquiringAndReleasing) else { return }
    AttachInputThread.start(for: self)
  }

  // MARK: What holds it up

  /// Tells of each path that stands, until the node is ready.
  private func reportPaths() async {
    var reports = PathReports(patience: configuration.times.patience, isOnly: node.paths.count == 1) { [node] in
      node.words(for: $0)
    }
    while !isSettled.load(ordering: .acquiring), !Task.isCancelled {
      for event in reports.look(standings, at: .now()) { output.write(event) }
      await settled.wait(for: .milliseconds(250))
    }
  }

  private func settle() {
    isSettled.store(true, ordering: .releasing)
    settled.ring()
  }

  private var standings: [PathReports.Standing] {
    node.paths.enumerated().compactMap { index, path in
      guard let (name, state) = node.standing(of: PathID(index)) else { return nil }
      let beacons = configuration.beacons + configuration.standbys
      guard let beacon = beacons.first(where: { $0.name == name && $0.kind == path.kind }) else { return nil }
      var standing = PathReports.Standing(path: PathID(index), beacon: beacon, state: state)
      if case .wss(let url) = beacon, let decision = try? configuration.wss?.proxy.decision(for: url) {
        standing.proxy = decision.proxy?.description
      }
      return standing
    }
  }

  // MARK: What happens

  private func follow() async throws(TransportError) {
    var progress = AttachProgress(carriers: node.paths.map { Carrier($0.kind) })
    var receiver = try node.makeReceiver()
    while let event = try await receiver.next() { await perform(action(after: event, &progress)) }
  }

  /// Writes what a frame says.
  ///
  /// - Returns: What follows, if it is none.
  private func action(after event: borrowing NodeEvent, _ progress: inout AttachProgress) -> AttachProgress.Action {
    switch event {
    case .state(let state):
      let action = progress.told(state)
      // Nothing else may ever come: whoever gives up hope has to be heard.
      if state != .joining, !state.isReady { readInput() }
      return action
    case .switched(let change):
      return progress.told(change)
    case .message(let message):
      output.write(.deliver(sender: message.sender, payload: message.payload.copied()))
    case .gone(let node, let frame):
      output.write(.frame(from: frame.source, bytes: frame.bytes.copied()))
      output.write(.gone(node))
    case .control(let frame):
      // The beacon has been found: what is sent now goes to the right one of its addresses.
      if node.paths.count == 1 { readInput() }
      for event in AttachEvent.events(ofControl: frame.bytes, from: frame.source) { output.write(event) }
    case .direct(let frame):
      output.write(.frame(from: frame.source, bytes: frame.bytes.copied()))
    }
    return .nothing
  }

  private func perform(_ action: AttachProgress.Action) async {
    switch action {
    case .nothing:
      break
    case .reconnecting(let reason, let attempt, let delay):
      output.write(.reconnecting(reason: reason.description, attempt: attempt, delay: delay))
    case .reconnected:
      output.write(.reconnected)
    case .switched(let carrier, let reason):
      output.write(.switched(transport: carrier.rawValue, reason: reason.description))
    case .ready(let carrier, let hindrance):
      settle()
      if let hindrance {
        let words = node.words(for: hindrance) + hindrance.sequel(at: node.beacon)
        output.write(.error(code: hindrance.code.description, message: words))
      }
      output.write(.ready(transport: carrier.rawValue, local: await localEndpoint(on: carrier)))
      readInput()
    }
  }

  /// Where the node is, with an address that means something to others.
  private func localEndpoint(on carrier: Carrier) async -> Endpoint {
    guard carrier == .udp, let local = datagrams?.localEndpoint else { return .wssLocal }
    // A beacon whose name isn't resolved has no address that something could lead to.
    guard node.beacon != .any(port: node.beacon.port), !node.beacon.isWSSBeacon else { return local }
    return await SourceAddress.towards(node.beacon, port: local.port) ?? local
  }

  /// The transport of the paths over UDP.
  private var datagrams: (any Transport)? { node.transports.first { $0.localEndpoint != .wssLocal } }

  /// What the network reports.
  private func watch(_ transport: any Transport) async {
    for await event in transport.events {
      switch event {
      case .unreachable(let endpoint, let reason, _):
        output.write(.error(code: reason.code.description, message: "\(endpoint): \(reason.message)"))
      case .pathMTU(let endpoint, let mtu, _):
        let limit = mtu.maximumFrameLength(to: endpoint)
        output.write(
          .error(
            code: TransportError.Code.frameTooLarge(limit: limit).description,
            message: "\(endpoint): frames above \(limit) bytes don't get through in one piece"))
      case .moved(let beacon):
        output.write(.moved(to: beacon))
      case .notice(let text):
        logger.notice("\(text)")
      default:
        break
      }
    }
  }

  // MARK: What is asked for

  /// Does what a line of the input says. From any thread.
  func perform(_ line: LineReader.Line) {
    do throws(CommandFailure) {
      switch line {
      case .tooLong(let limit): throw CommandFailure("the line has more than \(limit) bytes")
      case .text(let text):
        if text.allSatisfy(\.isWhitespace) { return }
        perform(try AttachLine(parsing: text))
      }
    } catch {
      output.write(.error(code: "invalid_input", message: error.description))
    }
  }

  /// The input can't be read any further, which ends the node as the input's end does.
  func inputFailed(_ reason: String) {
    output.write(.error(code: "invalid_input", message: "standard input can't be read: \(reason)"))
  }

  private func perform(_ input: AttachLine) {
    do throws(TransportError) {
      switch input {
      case .send(_, _?) where datagrams == nil:
        throw TransportError(
          code: .invalidDestination, message: "over a WebSocket frames go to the beacon only; leave \"to\" out")
      case .send(let frame, let destination):
        try node.send(frame: frame.span.raw, to: destination ?? node.beacon)
      case .relay(let payload, let peer):
        try node.send(payload, to: peer)
      case .close:
        node.leave()
      }
    } catch {
      output.write(.error(error))
    }
  }
}

extension BeaconURL {
  fileprivate var kind: PathSelection.Path.Kind {
    switch self {
    case .udp: .datagrams
    case .wss: .connection
    }
  }
}

extension Carrier {
  fileprivate init(_ kind: PathSelection.Path.Kind) {
    self =
      switch kind {
      case .datagrams: .udp
      case .connection: .wss
      }
  }
}

extension NodeState.Hindrance {
  /// What follows the words about it, for people.
  fileprivate func sequel(at beacon: Endpoint) -> String {
    switch self {
    case .unresolved: "; this node goes on looking it up"
    // The words have the address.
    case .unsendable: "; this node goes on asking it"
    default: " (\(beacon)); this node goes on asking it"
    }
  }
}
