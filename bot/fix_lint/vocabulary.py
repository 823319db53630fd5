"""The words that decide whether a fix-it item is concrete; `docs/suggestion.md` says why."""

from __future__ import annotations

from typing import Final


def _set(words: str) -> frozenset[str]:
    return frozenset(words.replace("_", " ").split())


def _phrases(words: str) -> frozenset[str]:
    return frozenset(word.replace("_", " ") for word in words.split())


VAGUE_VERBS: Final = _phrases("""
align address advance advocate aim analyse analyze assess aspire become champion check collaborate
communicate consider coordinate cultivate discuss drive educate embrace empower encourage engage
enhance ensure evaluate evolve examine explore facilitate figure_out find_out find_a_way focus
follow_up
foster get_better harmonise harmonize help inform innovate inspire investigate involve keep_an_eye
leverage liaise look_at look_into look_for manage mature mobilise modernise modernize monitor
nurture optimise optimize own plan prioritise prioritize promote push reach_out reflect research
rethink revisit review scale sort_out steer streamline strengthen strive study support sync tackle
think_about touch_base transform try understand unify work_on work_towards work_with deal_with
take_care_of make_progress get_buy-in get_everyone bring_together be_more do_something do_better
start_thinking continue sensitise sensitize upskill assist clarify
""")
"""Intentions: nobody can say when they are done."""

MEASURE_VERBS: Final = _phrases("""
improve increase reduce raise lower cut shorten speed_up accelerate boost decrease grow expand
minimise minimize maximise maximize limit
""")
"""Directions: concrete when a figure says how far."""

DEED_VERBS: Final = _phrases("""
activate add allocate allow amend announce answer appoint approve archive assign attach authorise
authorize automate back_fill backfill back_up block book budget build buy cancel cap change
clean_up clone close collect commission compile configure connect containerise containerize
convert copy correct create deactivate decide decommission enable dedupe deduplicate define
delegate delete deliver deploy describe develop disable document download draft drop dump embed
encrypt establish exclude exempt export expose extend fill fix flag forward free fund generate
give grant hand hand_over hire host import implement index ingest insert install instrument
integrate introduce invite issue join label launch link list load lock log make map mark mask merge
migrate
mirror mount move name nominate notify onboard open order package partition patch pay pin point
post prepare present procure provide provision publish pull purchase put recruit refactor register
release remove rename renew rent replace replicate report request reserve reset restart restore
retire rewrite revoke roll_back roll_out rotate route run schedule script seed send set set_up
share ship shut_down sign sign_off split start stop store submit subscribe supply swap switch
switch_off switch_on sync_nightly tag take teach test train transfer translate trigger turn_off
turn_on unblock unlock update upgrade upload validate vote wire whitelist allowlist allow-list
withdraw wrap write bring ask tell hold spin_up stand_up pre-approve preapprove cover get extract
enter record rebuild retrain rerun refresh backport bundle certify check_in commit compress
deprecate disconnect duplicate enforce enrol enroll escalate expire file fork format handle hook
include lease lift lend normalise normalize obtain pair patch pause persist pilot plug port
promote_to prove purge query raise_a reassign reconcile redirect reindex relabel relocate resize
resolve reuse scan second select separate serve show size slice snapshot stage stream strip sunset
synchronise synchronize tighten timestamp truncate unify_the vacate verify waive
""")
"""Deeds: somebody can see that they were done."""

IRREGULAR_THIRD: Final = {
    "gives": "give",
    "has": "have",
    "goes": "go",
    "does": "do",
    "applies": "apply",
    "copies": "copy",
    "verifies": "verify",
    "supplies": "supply",
    "notifies": "notify",
    "certifies": "certify",
    "unifies": "unify",
    "clarifies": "clarify",
    "studies": "study",
    "tries": "try",
    "queries": "query",
    "deploys": "deploy",
}

ABSTRACT: Final = _set("""
maturity strategy strategies culture alignment communication communications awareness governance
framework frameworks stakeholder stakeholders collaboration mindset mindsets capability
capabilities capacity quality synergy synergies vision visions readiness transformation literacy
agility efficiency effectiveness buy-in trust transparency ownership accountability practice
practices landscape excellence skill skills innovation standard standards structure structures
process processes progress awareness understanding engagement commitment leadership enablement
empowerment organisation organization organisations mission principles principle values roadmap
roadmaps vision journey change changes approach approaches concept concepts solution solutions
issue issues problem problems challenge challenges topic topics silo silos bottleneck bottlenecks
blocker blockers responsibility responsibilities roles expectations priorities priority goals goal
kpis momentum adoption acceptance cooperation coordination knowledge expertise competence
competences competencies experience confidence dialogue conversation conversations discussion
discussions meeting meetings workshop workshops working-group group committee council taskforce
force initiative initiatives programme program awareness experimentation thinking performance
productivity compliance security resilience flexibility scalability sustainability robustness
availability reliability things thing stuff more better everything everyone something foundation
foundations operations organisationally clarity support resources help relationship relationships
tooling technology technologies digitalisation digitalization infrastructure improvement
improvements measures steps actions plan plans ai ml data analytics people team teams community
centre center hub model_operating setup speed time way ways working attention focus
""")
"""What can be wished for but not pointed at."""

THINGS: Final = _set("""
account accounts agent agents alarm alert alerts api apis app appendix archive artefact artifact
backup backups bastion batch board_paper branch bucket budget build builds cache calendar catalog
catalogue certificate certificates channel checklist checkout chart cluster clusters code
codeowners column columns config configuration connector connectors console consoles container
containers contract contracts controller cpu cpus crm cron csv dag dags dashboard dashboards
database databases dataset datasets db decision desk directory disk disks dns document domain dpia
driver dump endpoint endpoints entry erp event events etl export exports extract extracts feed
feeds field fields file files firewall firewalls flag folder folders form forms frontend gate
gateway
gateways gpu gpus handbook header historian homepage host hosts image images index instance
instances interface invoice job jobs kernel key keys label labels laptop laptops ledger library
libraries licence licences license licenses list log logs machine machines mailbox mainframe mart
history login logins credential credentials
matrix memo metric middleware mirror model models module monolith namespace network node nodes
notebook notebooks orchestrator order orders package packages page pages parser partition password
passwords patch permission permissions pipeline pipelines plc plugin policy pod pods pool port
portal ports position post procedure project prompt proxy queue queues quota quotas raci record
records register registry release replica replicas repo report reports repository request requests
role
rota router row rows rule rules runbook runner runners scanner schedule schema schemas scorer
screen script scripts sandbox seat secret secrets sensor sensors server servers service services
session share sheet signature site snapshot spreadsheet sprint sql sso staging step storage stream
subnet
subscription switch table tables template templates tenant terminal test tests threshold
thresholds ticket tickets tills till token tokens tool_chain topic_kafka toolchain trigger trail
tunnel url vacancy vault view views vm vms volume vpn warehouse webhook webhooks website webshop
widget wiki workflow workflows workspace workspaces workstation workstations yaml zone addendum
agreement annex clause form forms questionnaire penetration pentest allowlist whitelist denylist
exemption waiver cookie consent_banner histories readings photos timestamps identifiers identifier
ids id key_table shop storefront app apps backend runtime vms lake lakehouse mailbox inbox limit
cdn docker kubernetes jenkins snowflake databricks salesforce servicenow tableau postgres kafka
spark python git gitlab github jira confluence excel azure airflow terraform zendesk shopify
splunk grafana prometheus pagerduty looker redis mongodb mlflow artifactory jupyter bigquery
redshift oracle workday sharepoint waf ide git package-mirror pager on-call line lines press tapes
tape pos
""")
"""What a finger can be put on: a part of a system, or a document."""

GENERIC_THINGS: Final = _set(
    "system systems platform platforms tool tools application applications"
)
"""Things only when a word says which: "the booking system", not "our systems"."""

UNSPECIFIC: Final = _set("""
a an the our your their his her its this that these those all any some every each new old existing
current legacy modern better best good more other various different key core critical relevant
main necessary right appropriate proper data ai ml it internal central overall whole entire
digital technical business of in to for on with and or across between
""")
"""Words that don't say which."""

NOBODY: Final = _set("""
we us i you they it everyone everybody someone somebody anyone people all stakeholders management
organisation organization company business teams employees staff leadership one there this that who
what which
departments
""")
"""Subjects that nobody feels meant by."""

PRONOUNS: Final = _set("i we you they")

ROLES: Final = _set("""
team squad crew group department dba dbas ciso dpo cto cio coo cfo ceo cdo vp head lead leader
manager director officer owner engineer engineers engineering architect architects architecture
analyst analysts admin admins administrator administrators developer developers scientist
scientists legal security infosec it platform ops operations devops sre mlops vendor supplier hr
procurement purchasing finance privacy compliance marketing sales product infrastructure infra
data helpdesk board committee sponsor approver builder controller counsel lawyer auditor steward
custodian secretary desk office chief unit network support consultant contractor partner provider
service release qa tester nurse doctor planner president executive chair maintainer science
warehouse identity iam cloud database
""")
"""Who a person is by function."""

FILLERS: Final = _set("please then first next finally also now just kindly let's lets so and to")
MODALS: Final = _set(
    "will shall must should to can may would might needs need has have is are gets"
)
PREPOSITIONS: Final = _set("""
to for in on at from with of by into onto across through via until before within over under
between so that which because when where while if as than about after during per without
""")

SUBORDINATORS: Final = _set("whether how if why")
"""What follows is to be found out, not done."""

WISHES: Final = _set("better more improved faster easier good modern simpler new")
"""Adjectives of a wish: "a better API" is not there on any day."""

PARTICLES: Final = _set("on off up down out over in back")
"""They may stand behind the object: "turns the export back on"."""

IRREGULAR_PAST: Final = {
    "bought": "buy",
    "built": "build",
    "given": "give",
    "made": "make",
    "paid": "pay",
    "put": "put",
    "sent": "send",
    "set": "set",
    "shut": "shut down",
    "split": "split",
    "taken": "take",
    "written": "write",
}
