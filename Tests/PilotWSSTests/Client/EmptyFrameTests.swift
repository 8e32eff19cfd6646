import PilotTransport
import PilotWire
import Testing

@testable import PilotWSS

/// Messages that crash older deployed beacons.
@Suite(.timeLimit(.minutes(1)))
struct EmptyFrameTests {
  @Test(arguments: [false, true])
  func `an empty frame goes to a beacon of ours only`(isOwn: Bool) async throws {
    let server = try await RawServer.start()
    let client = try TestClient.start(server.url)
    let beacon = try await server.nextBeacon()
    try await beacon.establish(isOwn ? .v2 : .v1)
    await client.expectConnected()
    #expect(await failure { try client.send([]) }?.code == (isOwn ? nil : .emptyFrame))
    #expect(
      await failure {
        try client.transport.send(header: RawSpan(), payload: RawSpan(), to: .wssBeacon)
      }?.code == (isOwn ? nil : .emptyFrame))
    var batch = FrameBatch()
    for frame in [[1], [], [2]] as [[UInt8]] { _ = batch.append(frame, to: .wssBeacon) }
    #expect(try client.transport.send(contentsOf: batch) == (isOwn ? 3 : 1))
    if !isOwn {
      batch.removeFirst(1)
      do throws(TransportError) {
        _ = try client.transport.send(contentsOf: batch)
        Issue.record("a batch that begins with an empty frame has to be refused")
      } catch {
        #expect(error.code == .emptyFrame)
        #expect(error.retry == .never)
      }
    }
    try client.send([3])
    let expected: [[UInt8]] = isOwn ? [[], [], [1], [], [2], [3]] : [[1], [3]]
    for frame in expected { #expect(try await beacon.connection.takeFrame() == .binary(frame)) }
    client.close()
    await server.stop()
  }

  @Test func `what one beacon has shown says nothing about the next`() throws {
    var limits = OutboundQueue.Limits(bytes: 1 << 20, age: .seconds(1))
    limits.first = 1...100
    let queue = OutboundQueue(role: .client, limits: limits, overflow: .refuseNewest, now: { .start })
    #expect(queue.append(head: RawSpan(), body: RawSpan()) == .disconnected)
    _ = queue.open {}
    queue.takeAllLengths()
    #expect(queue.append(head: RawSpan(), body: RawSpan()) == .queued)
    _ = queue.open {}
    #expect(queue.append(head: RawSpan(), body: RawSpan()) == .tooShort)
  }
}
