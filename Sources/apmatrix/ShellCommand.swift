internal import ArgumentParser
internal import Glibc
internal import Sandbox
internal import SystemAdditions
internal import SystemPackage

struct ShellCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Start a shell on a machine of its own; what 'run' does, with a prompt that says so.")

    @OptionGroup var sandbox: SandboxOptions

    func run() throws {
        let shell = Shell(path: getenv("SHELL").map { FilePath(platformString: $0).lossless } ?? "/bin/sh")
        for (name, value) in shell.environment { setenv(name, value, 1) }
        try sandbox.run(shell.command, shell: shell)
    }
}

/// How a shell is started so that its prompt begins with `(apmatrix)`, and everything else is as its user has it.
struct Shell {
    let path: String

    private static let mark = "(apmatrix) "

    private var name: Substring {
        path.split(separator: "/").last ?? "sh"
    }

    var command: [String] {
        switch name {
        case "bash": [path, "--rcfile", "\(Sandbox.own)/bashrc", "-i"]
        case "fish": [path, "--interactive", "--init-command", "source \(Sandbox.own)/config.fish"]
        default: [path, "-i"]
        }
    }

    var environment: [String: String] {
        switch name {
        case "bash", "fish": [:]
        case "zsh": ["ZDOTDIR": Sandbox.own]
        // every other shell of POSIX
        default: ["ENV": "\(Sandbox.own)/profile"]
        }
    }

    /// What the shells read when they begin.
    let files = [
        "bashrc": """
        for rc in /etc/bash.bashrc ~/.bashrc; do [ -r "$rc" ] && . "$rc"; done
        unset rc
        PS1='\(Shell.mark)'"$PS1"

        """,
        ".zshrc": """
        ZDOTDIR=$HOME
        [ -r ~/.zshrc ] && . ~/.zshrc
        PROMPT='\(Shell.mark)'"$PROMPT"

        """,
        "config.fish": """
        functions --copy fish_prompt apmatrix_prompt
        function fish_prompt; printf '\(Shell.mark)'; apmatrix_prompt; end

        """,
        "profile": """
        unset ENV
        PS1='\(Shell.mark)'"${PS1:-\\$ }"

        """,
    ]
}
