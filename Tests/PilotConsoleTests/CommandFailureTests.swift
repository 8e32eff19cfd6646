import Foundation
import NIOCore
import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotConsole

@Suite("Failures")
struct CommandFailureTests {
  @Test("are one line, whatever is in them")
  func oneLine() {
    #expect(CommandFailure("a").line == "pilot: a")
    #expect(CommandFailure("a\nb", hint: "c\u{1B}d").line == #"pilot: a\nb; c\u001bd"#)
    #expect(CommandFailure("a").status == .failed)
    #expect(CommandFailure.usage("a").status == .usage)
  }

  @Test("of libraries keep their sentence")
  func libraries() {
    #expect(CommandFailure(IdentityError.cannotSign as any Error).what == IdentityError.cannotSign.description)
    let nodes = NodesFileError(path: "nodes.json", problem: .notRegularFile)
    #expect(CommandFailure(nodes as any Error).line == "pilot: \(nodes)")
    #expect(CommandFailure(WireError.nodeIDZero as any Error).line == "pilot: 0 is no node ID")
    let failure = CommandFailure.usage("a", hint: "b")
    #expect(CommandFailure(failure as any Error) == failure)
  }

  @Test("of transports say what to try, once")
  func transports() {
    let bare = TransportError(code: .bindFailed, message: "port 9001 is taken")
    #expect(
      CommandFailure(bare as any Error).line
        == "pilot: port 9001 is taken; stop the program that has the port, or choose another one (port 0 picks one)")
    let refused = TransportError(
      code: .connectFailed, message: "no TCP connection; does it run?", cause: SystemCallError(code: ECONNREFUSED))
    #expect(CommandFailure(refused as any Error).line == "pilot: no TCP connection: Connection refused; does it run?")
    let advised = TransportError(code: .tlsFailed, message: "not trusted; give its CA with --ca")
    #expect(CommandFailure(advised as any Error).line == "pilot: not trusted; give its CA with --ca")
  }

  @Test("of transports are wrong usage where something has to be set otherwise, and no other")
  func statuses() {
    let codes: [(TransportError.Code, PilotConsole.ExitStatus)] = [
      (.invalidConfiguration, .usage), (.bindFailed, .failed), (.system, .failed), (.resolveFailed, .failed),
    ]
    for (code, status) in codes {
      let plain = TransportError(code: code, message: "a")
      let caused = TransportError(code: code, message: "a", cause: SystemCallError(code: EACCES))
      #expect(CommandFailure(plain as any Error).status == status)
      #expect(CommandFailure(caused as any Error).status == status)
    }
  }

  @Test("of transports name the cause where the message doesn't")
  func causes() {
    let hidden = TransportError(code: .tlsFailed, message: "TLS could not be set up", cause: CommandFailure("no CA"))
    #expect(CommandFailure(hidden as any Error).line == "pilot: TLS could not be set up: no CA")
    let advised = TransportError(code: .connectFailed, message: "no way; is it on?", cause: CommandFailure("refused"))
    #expect(CommandFailure(advised as any Error).line == "pilot: no way: refused; is it on?")
    let named = TransportError(code: .system, message: "refused by the host", cause: CommandFailure("refused"))
    #expect(CommandFailure(named as any Error).line == "pilot: refused by the host")
    let long = TransportError(
      code: .system, message: "a", cause: CommandFailure(String(repeating: "x", count: 9_999)))
    #expect(CommandFailure(long as any Error).line.utf8.count < 300)
  }

  @Test("of sockets give the remedy for what the system said, and no other")
  func sockets() {
    func line(_ code: CInt) -> String {
      let cause = IOError(errnoCode: code, reason: "bind")
      let message = "TCP 127.0.0.1:9443 could not be bound; is the port in use or privileged?"
      return CommandFailure(TransportError(code: .bindFailed, message: message, cause: cause) as any Error).line
    }
    #expect(line(EADDRINUSE).contains("Address already in use; stop the program that has the port"))
    #expect(line(EADDRNOTAVAIL).contains("no interface of this machine"))
    #expect(line(EMFILE).contains("ulimit"))
    #expect([EADDRINUSE, EADDRNOTAVAIL, EMFILE, EIO].allSatisfy { !line($0).contains("privileged") })
    #expect(line(EIO) == "pilot: TCP 127.0.0.1:9443 could not be bound: Input/output error")
  }
}
