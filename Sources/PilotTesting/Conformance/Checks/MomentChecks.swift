import PilotTransport
import PilotWire

/// Close, and whatever else is going on at that moment.
extension TransportConformance.Check {
  /// From the task that sends, the one that sends batches, and the one that receives, while the others are at work.
  public static let closesAtAnyMoment = Self("closes at any moment, from whichever task uses it") { trial in
    for yields in moments {
      for closer in Closer.allCases {
        let link = try await trial.connect()
        trial.step = "waiting for everybody to end after a close by the task that \(closer.rawValue)"
        try await withThrowingTaskGroup(of: Void.self) { group in
          for user in Closer.allCases {
            group.addTask { try await use(link, as: user, closingAfter: user == closer ? yields : nil) }
          }
          try await group.waitForAll()
        }
        link.transport.close()
        try await expectFailure(.closed, "makeReceiver after close") { _ = try link.transport.makeReceiver() }
      }
    }
  }

  private enum Closer: String, CaseIterable {
    case sends = "sends"
    case batches = "sends batches"
    case receives = "receives"
  }

  /// Uses the transport until it is closed, and only then ends.
  private static func use(_ link: TransportLink, as user: Closer, closingAfter turns: Int?) async throws {
    let transport = link.transport
    switch user {
    case .sends, .batches:
      var batch = FrameBatch()
      for byte in 0..<4 as Range<UInt8> { _ = batch.append([byte], to: link.destination) }
      var turn = 0
      while !Task.isCancelled {
        if turn == turns { transport.close() }
        turn += 1
        do {
          if user == .batches {
            _ = try transport.send(contentsOf: batch)
          } else {
            _ = try transport.send([0], to: link.destination)
          }
        } catch {
          if error.code == .closed { return }
          if error.retry == .never { throw error }
        }
        await Task.yield()
      }
    case .receives:
      async let reading: Void = receiveUntilClosed(transport)
      if let turns {
        for _ in 0..<turns { await Task.yield() }
        transport.close()
      }
      try await reading
    }
  }

  private static func receiveUntilClosed(_ transport: any Transport) async throws(TransportError) {
    do {
      var receiver = try transport.makeReceiver()
      try await receiver.forEach { _ in }
    } catch {
      // Where it was closed before the receiver could be had.
      guard error.code == .closed else { throw error }
    }
  }

  /// The reader itself ends it, with more frames at hand.
  public static let closesFromWithin = Self("closes from within a receive's body, and lends nothing after that") {
    trial in
    let side = try await trial.connectReading()
    let frame = Bytes.pattern(min(100, trial.promises.maximumFrameLength))
    let count = min(8, trial.promises.burst)
    for _ in 0..<count { try await side.sendFromPeer(frame) }
    var lent = 0
    trial.step = "waiting for a receive to end whose body has closed the transport"
    do {
      while true {
        try await side.reader.receive { _ in
          lent += 1
          side.transport.close()
        }
      }
    } catch let error as TransportError {
      guard error.code == .closed else { throw error }
    }
    guard lent == 1 else { throw Violation("\(lent) frames were lent, the first of which closed it") }
  }
}
