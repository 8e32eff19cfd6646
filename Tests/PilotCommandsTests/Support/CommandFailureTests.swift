import PilotIdentity
import PilotTransport
import PilotWire
import Testing

@testable import PilotCommands

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
    let bare = TransportError(code: .bindFailed, message: "port 9001 is taken", cause: CommandFailure("cause"))
    #expect(
      CommandFailure(bare as any Error).line
        == "pilot: port 9001 is taken; stop the program that has the port, or choose another one (port 0 picks one)")
    let advised = TransportError(code: .tlsFailed, message: "not trusted; give its CA with --ca")
    #expect(CommandFailure(advised as any Error).line == "pilot: not trusted; give its CA with --ca")
  }
}
