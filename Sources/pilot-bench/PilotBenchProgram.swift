internal import PilotBench
internal import PilotConsole

/// The program `pilot-bench`, which `pilot bench` starts. All of it is in the module PilotBench, where tests reach it.
@main
enum PilotBenchProgram {
  static func main() async {
    await CommandProgram(BenchCommand.self).run()
  }
}
