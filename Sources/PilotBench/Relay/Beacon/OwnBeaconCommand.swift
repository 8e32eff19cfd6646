import ArgumentParser
import PilotCommands
import PilotConsole

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// `pilot-bench own-beacon`: `pilot beacon` with the same options, which also ends with its standard input, so that it
/// can't outlive the measurement that started it, whatever becomes of that.
struct OwnBeaconCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "own-beacon", abstract: "Run a beacon for as long as standard input is open.",
    discussion: "Started by pilot bench relay. Example: pilot bench own-beacon --udp 127.0.0.1:0 < pipe",
    shouldDisplay: false)

  @OptionGroup var beacon: BeaconCommand

  func run() async throws {
    var thread = pthread_t()
    // SAFETY: the thread is given nothing, and ends the process.
    let result = unsafe pthread_create(
      &thread, nil,
      { _ in
        var lines = LineReader(descriptor: 0)
        while lines.next() != nil {}
        _exit(ExitStatus.done.rawValue)
      }, nil)
    guard result == 0 else { throw CommandFailure("there is no thread to watch standard input with") }
    try await beacon.run()
  }
}
