import PilotTransport
import PilotUDP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct InterruptionTests {
  /// On the executor the wait is a poll in the task's turn, elsewhere a parked task.
  @Test(arguments: [false, true])
  func `a wait for the socket is interrupted, and datagrams come after it`(onExecutor: Bool) async throws {
    let transport = try UDPTransport.ipv4()
    defer { transport.close() }
    let (steps, step) = AsyncStream.makeStream(of: Bool.self)
    let (interrupters, given) = AsyncStream.makeStream(of: (@Sendable () -> Void).self)
    let reading = Task(executorPreference: onExecutor ? transport.executor : nil) {
      var receiver = try transport.makeReceiver()
      given.yield(receiver.interrupter)
      given.finish()
      var isFilled = false
      while !isFilled {
        isFilled = try await receiver.fill()
        step.yield(isFilled)
      }
    }
    var seen = steps.makeAsyncIterator()
    for await interrupt in interrupters {
      for _ in 0..<100 {
        interrupt()
        #expect(await seen.next() == false)
      }
    }
    try transport.send([7], to: transport.localEndpoint)
    #expect(await seen.next() == true)
    try await reading.value
  }
}
