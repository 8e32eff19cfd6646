import PilotTransport

extension Transport {
  /// Lends what arrives to a closure until the transport is closed, or the task cancelled.
  ///
  /// Where receiving fails for another reason the program ends: a run whose nodes are deaf would only look like one whose
  /// frames are lost.
  func receiveAll(
    _ body: (borrowing Frame) -> Void, whenDrained: () async throws(TransportError) -> Void = {}
  ) async {
    do {
      var receiver = try makeReceiver()
      try await receiver.forEach({ frame in body(frame) }, whenDrained: whenDrained)
    } catch {
      guard error.code == .closed || error.code == .cancelled else { fatalError("nothing can be received: \(error)") }
    }
  }
}
