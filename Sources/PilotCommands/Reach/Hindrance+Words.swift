import PilotConsole
import PilotNode
import PilotTransport
import PilotWire

extension Node {
  /// What stands between this node and its beacon over UDP, in words.
  func words(for hindrance: NodeState.Hindrance) -> String {
    hindrance.words(asking: transports.first { $0.localEndpoint != .wssLocal }, at: datagrams?.beacon)
  }
}

extension NodeState.Hindrance {
  /// One clause without a full stop. Where this machine doesn't send, in the system's own words: a state has no more than a code, so
  /// the system is asked again, by a question that registers nothing (wire reference, section 2).
  func words(asking transport: (any Transport)?, at beacon: Endpoint?) -> String {
    guard case .unsendable = self, let transport, let beacon else { return "\(self)" }
    do throws(TransportError) {
      try transport.send(Discover(node: nil).encoded(), to: beacon)
    } catch {
      return CommandFailure(error).what
    }
    return "\(self)"
  }
}
