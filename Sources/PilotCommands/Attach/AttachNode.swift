import Logging
import PilotConsole
import PilotFixtures
import PilotNode
import PilotTransport
import PilotWire
import Synchronization

/// A node that `pilot attach` runs: does what the input's lines say, and writes what happens.
final class AttachNode: Sendable {
  let node: Node
  private let carrier: Carrier
  private let hasAlternative: Bool
  private let output: AttachOutput
  private let logger: Logger
  private let readsInput = Atomic<Bool>(false)

  /// - Parameters:
  ///   - node: The node, which is left when ``serve()`` returns.
  ///   - carrier: What it is on.
  ///   - hasAlternative: Whether there is another way to the beacon, to be taken where this one leads nowhere.
  ///   - output: Where lines go.
  ///   - logger: What else there is to say.
  init(_ node: Node, on carrier: Carrier, hasAlternative: Bool, output: AttachOutput, logger: Logger) {
    self.node = node
    self.carrier = carrier
    self.hasAlternative = hasAlternative
    self.output = output
    self.logger = logger
  }

  /// Serves until the node has left.
  ///
  /// - Parameter readingInput: Whether to read the input from the start. Otherwise as soon as the beacon has been heard of, or
  ///   is given up hope on.
  func serve(readingInput: Bool) async -> AttachOutcome {
    if readingInput { readInput() }
    return await withTaskGroup { group in
      group.addTask { await self.watch() }
      defer { node.leave() }
      do throws(TransportError) {
        return try await follow()
      } catch {
        if error.code != .cancelled { output.write(.error(error)) }
        return .done
      }
    }
  }

  private func readInput() {
    guard !readsInput.exchange(true, ordering: .acquiringAndReleasing) else { return }
    AttachInputThread.start(for: self)
  }

  // MARK: What happens

  private func follow() async throws(TransportError) -> AttachOutcome {
    var progress = AttachProgress(carrier: carrier, hasAlternative: hasAlternative)
    var receiver = try node.makeReceiver()
    while let event = try await receiver.next() {
      guard let state = tell(event) else { continue }
      let action = progress.told(state)
      if case .giveUp(let hindrance) = action {
        logger.info("UDP is of no use, going on over WebSocket", metadata: ["reason": "\(hindrance)"])
        return .unanswered
      }
      await perform(action)
    }
    return .done
  }

  /// Writes what a frame says.
  ///
  /// - Returns: The state, if it is none.
  private func tell(_ event: NodeEvent) -> NodeState? {
    switch event {
    case .state(let state):
      return state
    case .message(let message):
      output.write(.deliver(sender: message.sender, payload: message.payload.copied()))
    case .control(let frame):
      // The beacon has been found: what is sent now goes to the right one of its addresses.
      if !hasAlternative { readInput() }
      for event in AttachEvent.events(ofControl: frame.bytes, from: frame.source) { output.write(event) }
    case .direct(let frame):
      output.write(.frame(from: frame.source, bytes: frame.bytes.copied()))
    }
    return nil
  }

  private func perform(_ action: AttachProgress.Action) async {
    switch action {
    case .nothing, .giveUp:
      break
    case .reconnecting(let reason, let attempt, let delay):
      output.write(.reconnecting(reason: reason.description, attempt: attempt, delay: delay))
    case .reconnected:
      output.write(.reconnected)
    case .ready(let hindrance):
      if let hindrance {
        output.write(.error(code: hindrance.code.description, message: hindrance.message(about: node.beacon)))
      }
      output.write(.ready(transport: carrier.rawValue, local: await localEndpoint()))
      readInput()
    }
  }

  /// Where the node is, with an address that means something to others.
  private func localEndpoint() async -> Endpoint {
    let local = node.transport.localEndpoint
    // A beacon whose name isn't resolved has no address that something could lead to.
    guard carrier == .udp, node.beacon != .any(port: node.beacon.port) else { return local }
    return await SourceAddress.towards(node.beacon, port: local.port) ?? local
  }

  /// What the network reports.
  private func watch() async {
    for await event in node.transport.events {
      switch event {
      case .unreachable(let endpoint, let reason, _):
        output.write(.error(code: reason.code.description, message: "\(endpoint): \(reason.message)"))
      case .pathMTU(let endpoint, let mtu, _):
        let limit = mtu.maximumFrameLength(to: endpoint)
        output.write(
          .error(
            code: TransportError.Code.frameTooLarge(limit: limit).description,
            message: "\(endpoint): frames above \(limit) bytes don't get through in one piece"))
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
      case .send(_, _?) where carrier == .wss:
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

/// How a node's service ended.
enum AttachOutcome: Sendable {
  /// It was closed, by its input or from outside.
  case done
  /// There is no use in this way to the beacon; perhaps in another one.
  case unanswered
}

extension NodeState.Hindrance {
  /// What an `error` line calls it.
  fileprivate var code: TransportError.Code {
    switch self {
    case .unanswered, .undelivered: .timedOut
    case .unresolved: .resolveFailed
    case .unsendable(let code): code
    @unknown default: .unreachable
    }
  }

  /// What that line says.
  fileprivate func message(about beacon: Endpoint) -> String {
    if case .unresolved = self { return "\(self); this node goes on looking it up" }
    return "\(self) (\(beacon)); this node goes on asking it"
  }
}
