# Completion of heapmark for bash: `source bench/completion.bash`. Options come from --help and names
# from `heapmark list`, so that this file knows neither.
_heapmark_names()
{
    "$1" list "$2" --format json 2>/dev/null |
        sed -n 's/^   "name": "\([^"]*\)".*/\1/p'
}

_heapmark_options()
{
    "$1" "$2" --help 2>/dev/null | grep -o -- '--[a-z][a-z-]*' | sort -u
}

_heapmark()
{
    local program="${COMP_WORDS[0]}" word="${COMP_WORDS[COMP_CWORD]}"
    local before="${COMP_WORDS[COMP_CWORD - 1]}" command="${COMP_WORDS[1]}" choices="" files=""
    # bash splits --option=value at the equals sign
    [[ $word == "=" ]] && word=""
    [[ $before == "=" ]] && before="${COMP_WORDS[COMP_CWORD - 2]}"
    if ((COMP_CWORD == 1)); then
        choices="list explain run sample report compare check goals export merge timeline conform exec doctor stress --help --version"
    else
        case "$before" in
        --profile) choices="$(_heapmark_names "$program" profiles)" ;;
        --backend | --baseline | --newest-mimalloc) choices="$(_heapmark_names "$program" backends)" ;;
        --collector) choices="$(_heapmark_names "$program" collectors)" ;;
        --reference) choices="$(_heapmark_names "$program" references)"; files=yes ;;
        --progress | --color) choices="auto always never" ;;
        --freelists) choices="on off" ;;
        --settle) choices="short long" ;;
        --format)
            choices="text json"
            [[ $command == export ]] && choices="csv markdown bmf junit"
            [[ $command == goals ]] && choices="text json markdown"
            ;;
        --by) choices="backend collector" ;;
        --what) choices="allocators runtime allocators,runtime" ;;
        --metric) choices="$(_heapmark_names "$program" metrics)" ;;
        --kind) choices="time memory latency" ;;
        --part) choices="curves sites" ;;
        --proof) choices="tree command" ;;
        --python-malloc) choices="malloc pymalloc both" ;;
        --input | --graph | --size-data) files=yes ;;
        --out) if [[ $command == export ]]; then files=yes; else files=folders; fi ;;
        --against | --root) files=folders ;;
        *)
            if [[ $word == -* ]]; then
                choices="$(_heapmark_options "$program" "$command")"
            elif [[ $command == list ]]; then
                choices="workloads backends collectors profiles metrics references"
            elif [[ $command == explain ]]; then
                choices="$(_heapmark_names "$program" metrics)"
            elif [[ $command == timeline ]]; then
                choices="$(_heapmark_names "$program" workloads)"
            elif [[ $command == conform ]]; then
                files=yes
            elif [[ $command =~ ^(report|compare|check|goals|export|merge)$ ]]; then
                files=folders
            fi
            ;;
        esac
    fi
    mapfile -t COMPREPLY < <(
        compgen -W "$choices" -- "$word"
        [[ $files == yes ]] && compgen -f -- "$word"
        [[ $files == folders ]] && compgen -d -- "$word"
    )
}

complete -F _heapmark heapmark
