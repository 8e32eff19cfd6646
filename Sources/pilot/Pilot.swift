internal import PilotCommands
internal import PilotConsole

/// The program `pilot`. All of it is in the module PilotCommands, where tests reach it.
@main
enum Pilot {
  static func main() async {
    await CommandProgram(PilotCommand.self).run()
  }
}
