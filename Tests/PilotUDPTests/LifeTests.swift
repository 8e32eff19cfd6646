import PilotTransport
import PilotUDP
import PilotWire
import Testing

@Suite(.timeLimit(.minutes(1)))
struct LifeTests {
  @Test func `after close everything throws closed, and the address is still known`() async throws {
    let transport = try UDPTransport.ipv4()
    let local = transport.localEndpoint
    let box = try HeldReceiver(transport)
    transport.close()
    transport.close()
    #expect(code { () throws(TransportError) in try transport.send([1], to: local) } == .closed)
    #expect(code { () throws(TransportError) in try transport.send(pattern(70_000), to: local) } == .closed)
    #expect(code { () throws(TransportError) in _ = try transport.send(contentsOf: FrameBatch()) } == .closed)
    #expect(await code { _ = try await box.next() } == .closed)
    #expect(code { () throws(TransportError) in _ = try transport.makeReceiver() } == .closed)
    #expect(transport.localEndpoint == local)
    let isClosed = await transport.firstEvent { if case .closed = $0 { true } else { nil } }
    #expect(isClosed == true)
  }

  @Test func `the receiver is handed out once`() throws {
    let transport = try UDPTransport.ipv4()
    _ = try transport.makeReceiver()
    #expect(code { () throws(TransportError) in _ = try transport.makeReceiver() } == .receiverTaken)
  }

  @Test(arguments: [true, false])
  func `close wakes a waiting receiver within 100 ms`(onExecutor: Bool) async throws {
    var times: [Duration] = []
    for _ in 0..<20 {
      let transport = try UDPTransport.ipv4()
      let box = try HeldReceiver(transport)
      let ended = Task(executorPreference: onExecutor ? transport.executor : nil) {
        let ending = await code { while true { _ = try await box.next() } }
        return (ending, ContinuousClock.now)
      }
      // It receives, so it runs; soon after it waits again.
      while transport.counters.framesReceived == 0 {
        try transport.send([1], to: transport.localEndpoint)
        await Task.yield()
      }
      let start = ContinuousClock.now
      transport.close()
      let (ending, end) = await ended.value
      #expect(ending == .closed)
      times.append(start.duration(to: end))
    }
    // A busy machine delays single ones. A transport that has to be waited for delays them all, and one that forgets a
    // wake-up hangs until the time limit.
    #expect(try #require(times.min()) < .milliseconds(100))
  }

  @Test(arguments: [true, false])
  func `cancelling a wait leaves the receiver usable`(onExecutor: Bool) async throws {
    let transport = try UDPTransport.ipv4()
    let box = try HeldReceiver(transport)
    for index in 0..<100 {
      let waiting = Task(executorPreference: onExecutor ? transport.executor : nil) {
        await code { _ = try await box.next() }
      }
      if index % 2 == 0 { await Task.yield() }
      waiting.cancel()
      #expect(await waiting.value == .cancelled)
    }
    try transport.send([7], to: transport.localEndpoint)
    #expect(try await box.next().bytes == [7])
  }

  @Test func `a receiver keeps its transport alive`() async throws {
    let peer = try UDPTransport.ipv4()
    var transport: UDPTransport? = try UDPTransport.ipv4()
    let local = try #require(transport?.localEndpoint)
    let box = try HeldReceiver(#require(transport))
    transport = nil
    try peer.send([3], to: local)
    #expect(try await box.next().bytes == [3])
  }

  @Test func `closing under senders and a receiver never touches a reused descriptor`() async throws {
    let target = try UDPTransport.ipv4()
    let box = try HeldReceiver(target)
    for _ in 0..<50 {
      let transport = try UDPTransport.ipv4()
      let source = transport.localEndpoint
      let own = try HeldReceiver(transport)
      await withTaskGroup(of: TransportError.Code?.self) { group in
        for sender in 0..<4 {
          group.addTask {
            var batch = FrameBatch(byteCapacity: 4_096, frameCapacity: 16)
            for _ in 0..<8 { batch.add([1], to: target.localEndpoint) }
            while true {
              do {
                if sender % 2 == 0 {
                  try transport.send([1], to: target.localEndpoint)
                } else {
                  _ = try transport.send(contentsOf: batch)
                }
              } catch {
                let refusal = (error as? TransportError)?.code
                if refusal != .backpressure { return refusal }
              }
              await Task.yield()
            }
          }
        }
        group.addTask { await code { while true { _ = try await own.next() } } }
        group.addTask {
          while transport.counters.framesSent < 100 { await Task.yield() }
          transport.close()
          // The lowest free descriptor is given out again: most likely the one just closed.
          let successors = (0..<4).compactMap { _ in try? UDPTransport.ipv4() }
          for successor in successors { #expect(successor.counters.framesSent == 0) }
          return .closed
        }
        for await ending in group { #expect(ending == .closed) }
      }
      for kept in try await box.receive() { #expect(kept.source == source) }
      try await drain(box, from: target)
    }
  }

  /// Reads what is there, up to a sentinel from the transport itself.
  private func drain(_ box: HeldReceiver, from transport: UDPTransport) async throws {
    try transport.send([0xFF], to: transport.localEndpoint)
    while try await box.next().bytes != [0xFF] {}
  }

  #if os(Linux)
    @Test func `a thousand transports leave no descriptor and no thread behind`() async throws {
      let before = (descriptors: Sockets.entries(of: "fd"), threads: Sockets.entries(of: "task"))
      for index in 0..<1_000 {
        let transport = try UDPTransport.ipv4()
        let box = try HeldReceiver(transport)
        let waiting = Task(executorPreference: index % 2 == 0 ? transport.executor : nil) {
          await code { while true { _ = try await box.next() } }
        }
        try transport.send([1], to: transport.localEndpoint)
        if index % 3 == 0 { await Task.yield() }
        transport.close()
        #expect(await waiting.value == .closed)
      }
      // Other tests run at the same time, and the last threads are on their way out.
      while Sockets.entries(of: "fd") > before.descriptors + 100 || Sockets.entries(of: "task") > before.threads + 50 {
        await Task.yield()
      }
    }

    @Test(arguments: [true, false])
    func `transports that have long been waiting end when they are closed, and their threads with them`(
      onExecutor: Bool
    ) async throws {
      let threads = Sockets.entries(of: "task")
      // Nothing arrives that could wake them. So many that most are in the poll by the time the first one is closed.
      let all = try (0..<200).map { _ in
        let transport = try UDPTransport.ipv4()
        let box = try HeldReceiver(transport)
        let waiting = Task(executorPreference: onExecutor ? transport.executor : nil) {
          await code { _ = try await box.next() }
        }
        return (transport, waiting)
      }
      for (transport, _) in all { transport.close() }
      for (_, waiting) in all { #expect(await waiting.value == .closed) }
      while Sockets.entries(of: "task") > threads + 50 { await Task.yield() }
    }

    @Test func `a transport that only sends needs no thread`() throws {
      let transport = try UDPTransport.ipv4()
      try transport.send([1], to: transport.localEndpoint)
      #expect(transport.counters.framesSent == 1)
    }
  #endif
}
