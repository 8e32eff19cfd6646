import PilotTransport
import PilotWire

/// One reader, which nothing but close ends.
extension TransportConformance.Check {
  /// A second receiver would take frames from the first.
  public static let handsOutOneReceiver = Self("hands out one receiver, which keeps working when a second is asked for")
  {
    trial in
    let side = try await trial.connectReading()
    for _ in 0..<2 {
      try await expectFailure(.receiverTaken, "the second makeReceiver") { _ = try side.transport.makeReceiver() }
    }
    let frame = Bytes.pattern(min(100, trial.promises.maximumFrameLength))
    try await side.sendFromPeer(frame)
    try await side.expectFromPeer(frame)
  }

  /// A flag that is looked at and then set lets two through.
  public static let handsOutOneReceiverToMany = Self("hands out one receiver when many ask at the same time") { trial in
    for _ in 0..<20 {
      let transport = try await trial.connect().transport
      trial.step = "asking for the receiver from 8 tasks"
      let refusals = await withTaskGroup(of: TransportError.Code?.self) { group in
        for _ in 0..<8 { group.addTask { refusal(by: transport) } }
        var refusals: [TransportError.Code] = []
        for await refusal in group { if let refusal { refusals.append(refusal) } }
        return refusals
      }
      guard refusals.count == 7 else { throw Violation("\(8 - refusals.count) of 8 tasks got a receiver") }
      if let other = refusals.first(where: { $0 != .receiverTaken }) {
        throw Violation("makeReceiver has to throw .receiver_taken, and threw .\(other)")
      }
    }
  }

  /// Why a transport makes no receiver; nil when it makes one.
  private static func refusal(by transport: any Transport) -> TransportError.Code? {
    do {
      _ = try transport.makeReceiver()
      return nil
    } catch {
      return error.code
    }
  }

  /// Logs and metrics name a transport by its endpoint, also after its end.
  public static let keepsItsEndpoint = Self("keeps its local endpoint for life and after") { trial in
    let transport = try await trial.connect().transport
    let endpoint = transport.localEndpoint
    transport.close()
    guard transport.localEndpoint == endpoint else {
      throw Violation("it was \(endpoint), and is \(transport.localEndpoint) after close")
    }
  }

  /// Cancelled before, at the begin of, and during the wait, for one frame and for all that there are.
  public static let survivesCancellation = Self("ends a cancelled receive with .cancelled and receives on") { trial in
    let side = try await trial.connectReading()
    let frame = Bytes.pattern(min(100, trial.promises.maximumFrameLength))
    for (yields, isBatch) in moments.flatMap({ [($0, false), ($0, true)] }) {
      trial.step = "waiting for a receive to notice that its task is cancelled"
      let outcome = await withTaskGroup(of: Result<Void, any Error>.self) { group in
        group.addTask {
          do {
            if isBatch { _ = try await side.reader.receive() } else { _ = try await side.reader.next() }
            return .success(())
          } catch {
            return .failure(error)
          }
        }
        for _ in 0..<yields { await Task.yield() }
        group.cancelAll()
        return await group.next()
      }
      try await expectFailure(.cancelled, "a receive whose task is cancelled") { try outcome?.get() }
      try await side.sendFromPeer(frame)
      try await side.expectFromPeer(frame)
    }
  }

  /// Consumers of the deployed system stop for good at any error of receive.
  public static let survivesDeadDestinations = Self("reports an unreachable destination as an event and receives on") {
    trial in
    guard let dead = trial.promises.deadDestination else {
      throw NotApplicable("its network does not report unreachable destinations")
    }
    let side = try await trial.connectReading()
    let frame = Bytes.pattern(min(100, trial.promises.maximumFrameLength))
    let events = side.transport.events
    try await withThrowingTaskGroup(of: Void.self) { group in
      // The receive is under way when the report comes.
      group.addTask { try await side.expectFromPeer(frame) }
      try unsafe side.transport.send(frame.span.bytes, to: dead)
      trial.step = "waiting for the event that \(dead) is unreachable"
      search: for await event in events {
        switch event {
        case .unreachable(dead, let reason, let quoted):
          guard reason.code == .unreachable else { throw Violation("the event's reason is \(reason)") }
          guard unsafe quoted == QuotedDatagram(frame.span.bytes.extracting(first: min(quoted.count, frame.count)))
          else {
            throw Violation("the event quotes other bytes than those that were sent")
          }
          break search
        case .closed: throw Violation("an unreachable destination closed it")
        default: continue
        }
      }
      guard side.transport.counters.unreachableReports > 0 else { throw Violation("the report was not counted") }
      try await side.sendFromPeer(frame)
      try await group.waitForAll()
    }
  }

  /// Between a task's start and the moment when something is done to it, in yields: before it runs, while it begins to
  /// wait, and while it waits. Nothing tells from outside that a receive waits.
  static let moments = [0, 1, 10, 100, 1_000]
}
