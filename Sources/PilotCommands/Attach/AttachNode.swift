import PilotConsole
import PilotTransport
import PilotWire

/// A node that `pilot attach` runs.
protocol AttachNode: AnyObject, Sendable {
  var node: NodeID { get }
  var transport: any Transport { get }
  /// Where frames for the beacon go.
  var beacon: Endpoint { get }
  var output: AttachOutput { get }

  /// Serves until the transport is closed.
  func serve() async -> AttachOutcome
}

extension AttachNode {
  /// Lends what arrives to a closure until the transport is closed. A node that can't hear says why, and closes it.
  func receiveAll(_ body: (borrowing Frame) -> Void) async {
    do {
      var receiver = try transport.makeReceiver()
      try await receiver.forEach { frame in body(frame) }
    } catch {
      guard error.code != .closed, error.code != .cancelled else { return }
      output.write(.error(error))
      transport.close()
    }
  }

  /// Does what a line of the input says.
  func perform(_ line: LineReader.Line) {
    do throws(CommandFailure) {
      switch line {
      case .tooLong(let limit): throw CommandFailure("the line has more than \(limit) bytes")
      case .text(let text):
        if text.allSatisfy(\.isWhitespace) { return }
        perform(try AttachInput(parsing: text))
      }
    } catch {
      output.write(.error(code: "invalid_input", message: error.description))
    }
  }

  private func perform(_ input: AttachInput) {
    do throws(TransportError) {
      switch input {
      case .send(_, _?) where transport.localEndpoint == .wssLocal:
        throw TransportError(
          code: .invalidDestination, message: "over a WebSocket frames go to the beacon only; leave \"to\" out")
      case .send(let frame, let destination):
        try transport.send(frame, to: destination ?? beacon)
      case .relay(let payload, let peer):
        try transport.send(Relay(sender: node, destination: peer, payload: payload.span.raw).encoded(), to: beacon)
      case .close:
        transport.close()
      }
    } catch {
      output.write(.error(error))
    }
  }
}
