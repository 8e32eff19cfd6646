import CPilotUDP
import PilotTransport
import PilotWire
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@testable import PilotUDP

@Suite struct InternalsTests {
  #if os(Linux)
    @Test(arguments: [(ECONNREFUSED, 10), (EHOSTUNREACH, 0), (ENETUNREACH, 0), (EACCES, 0), (EMSGSIZE, 0)])
    func `only a report that nothing listens at the port quotes anything`(_ code: CInt, _ count: Int) {
      var error = cpilot_udp_error()
      error.code = code
      error.quoted_count = 10
      #expect(ErrorQueue.quoted(error).count == count)
    }
  #endif

  @Test func `a capped buffer is told with the size and the setting`() throws {
    let requested = SocketBuffers(receive: 4_194_304, send: 1_000)
    #expect(SocketBuffers(receive: 4_194_304, send: 1_000).notice(requested: requested) == nil)
    let notice = try #require(SocketBuffers(receive: 212_992, send: 1_000).notice(requested: requested))
    #expect(notice.contains("212992"))
    #expect(notice.contains("4194304"))
    #if os(Linux)
      #expect(notice.contains("net.core.rmem_max"))
    #endif
    #expect(!notice.contains("send buffer"))
  }

  @Test func `what a socket reaches follows from its address`() {
    let any6 = Endpoint(high: 0, low: 0, port: 1)
    let loopback6 = Endpoint(high: 0, low: 1, port: 1)
    let loopback4 = Endpoint(ipv4: 127, 0, 0, 1, port: 1)
    let cases: [(CInt, Endpoint, Bool, ipv4: Bool, ipv6: Bool)] = [
      (4, loopback4, false, true, false),
      (6, any6, false, true, true),
      (6, any6, true, false, true),
      (6, loopback6, false, false, true),
      (6, loopback4, false, true, false),
    ]
    for (family, local, only, ipv4, ipv6) in cases {
      let reach = SocketReach(family: family, local: local, ipv6Only: only)
      #expect(reach.ipv4 == ipv4)
      #expect(reach.ipv6 == ipv6)
      #expect(reach.longestFrame == (ipv6 ? 65_527 : 65_507))
    }
  }

  @Test func `segments stay within what one message holds`() {
    let limits = SegmentLimits(isAvailable: true)
    let peer = Endpoint(ipv4: 192, 0, 2, 9, port: 1)
    #expect(limits.segments(of: 100, to: peer) == 64)
    #expect(limits.segments(of: 1_200, to: peer) == 54)
    #expect(limits.segments(of: 40_000, to: peer) == 1)
    #expect(limits.segments(of: 0, to: peer) == 1)
    #expect(SegmentLimits(isAvailable: false).segments(of: 100, to: peer) == 1)
  }

  @Test func `a destination that can't take segments is remembered, the others aren't affected`() {
    let limits = SegmentLimits(isAvailable: true)
    let peer = Endpoint(ipv4: 192, 0, 2, 9, port: 1)
    let other = Endpoint(ipv4: 192, 0, 2, 10, port: 1)
    limits.refused(2_000, to: peer, because: SystemError(22))
    #expect(limits.segments(of: 2_000, to: peer) == 1)
    #expect(limits.segments(of: 1_200, to: peer) == 54)
    #expect(limits.segments(of: 2_000, to: other) == 32)
    limits.refused(1_500, to: peer, because: SystemError(22))
    #expect(limits.segments(of: 1_600, to: peer) == 1)
    limits.refused(500, to: peer, because: SystemError(5))
    #expect(limits.segments(of: 500, to: peer) == 1)
    #expect(limits.segments(of: 10, to: peer) == 1)
  }

  @Test func `a descriptor is closed by the last one out, once`() throws {
    let descriptor = Sockets.make(.udp)
    let socket = SocketDescriptor(owning: descriptor)
    #expect(socket.enter() == descriptor)
    #expect(socket.enter() == descriptor)
    socket.close()
    #expect(Sockets.isOpen(descriptor))
    #expect(socket.enter() == nil)
    socket.leave()
    #expect(Sockets.isOpen(descriptor))
    socket.leave()
    #expect(socket.enter() == nil)
  }

  @Test func `errors of the system say what they mean here`() {
    let peer = Endpoint(ipv4: 192, 0, 2, 9, port: 1)
    #expect(SystemError(1).sending(10, to: peer).code == .system)
    #expect(SystemError(1).sending(10, to: peer).message.contains("firewall"))
    #expect(SystemError(1).sending(10, to: peer).retry == .later(after: nil))
    #expect(SystemError(13).sending(10, to: peer).retry == .never)
    #expect([12, 23, 24].allSatisfy { SystemError($0).opening.retry == .later(after: nil) })
    #expect(SystemError(22).sending(10, to: peer).code == .invalidDestination)
    #expect(SystemError(11).isBackpressure)
    #if os(Linux)
      #expect(SystemError(101).sending(10, to: peer).code == .unreachable)
      #expect(SystemError(90).sending(10, to: peer).code.frameLimit == 9)
      #expect(SystemError(105).isBackpressure)
      #expect(SystemError(111).canBeLeftByICMP)
      #expect(SystemError(111).description == "Connection refused (errno 111)")
    #endif
  }

  @Test func `a forbidden socket call blames no port`() {
    for code: CInt in [1, 13] {
      let error = SystemError(code).opening
      #expect(error.code == .bindFailed)
      #expect(!error.message.contains("port"))
      #expect(error.message.contains("may not"))
    }
    let privileged = Endpoint(ipv4: 0, 0, 0, 0, port: 53)
    #expect(SystemError(13).binding(to: privileged).message.contains("below 1024"))
    let other = Endpoint(ipv4: 0, 0, 0, 0, port: 9_001)
    #expect(!SystemError(13).binding(to: other).message.contains("1024"))
    #expect(SystemError(98).binding(to: other).message.contains("another program"))
  }
}
