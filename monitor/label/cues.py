"""Classes of words that frame social work in the news: what one wording teaches then holds for its kin.

Written from the codebook and from general news English. Each class is a list of words and phrases; a star
stands for any ending. Kept as data: a change here changes the features, so models must be trained again
(``features.fingerprint``).
"""

from collections.abc import Mapping

CUES: Mapping[str, str] = {
    # ---- failing to protect
    "miss": """
        losing track, lost track, binned, fit for purpose, no further action, left with, failed to tell,
        mislaid, lost the, dropped, sent away, sent home, sent back, back to, never told, not told,
        missed, overlook*, ignor*, disregard*, unheeded, neglected, turned away, blind eye, looked away,
        look away, lost sight, unnoticed, unspotted, slipped through, fell through, brushed aside, brushed
        off, waved away, shrugged off, played down, wrote off, written off, passed over, went unanswered,
        unanswered, sat on, overruled, discounted, disbelieved, not believed, fobbed off""",
    "fail": """
        failed, failing*, fail, fails, failure*, let down, lets down, letting down, lapse*, shortcoming*""",
    "error": """
        blunder*, error*, mistake*, mishandl*, bungl*, botch*, mismanag*, flaw*, incompet*, sloppy,
        careless, wrong decision, wrong call, oversight*, muddle, misjudg*, gaffe*, fault, faults, at
        fault, to blame""",
    "notact": """
        did nothing, done nothing, took no action, no action, not act, not acted, never acted, did not
        act, didn't act, failed to act, did not visit, never visited, not visited, no one visited, nobody
        visited, did not see, not seen, never saw, never seen, unseen, nobody asked, no one asked, never
        asked, did not ask, not assessed, never assessed, unallocated, not allocated, no assessment,
        failed to spot, did not spot, not spotted, did not speak, never spoke, not spoken, did not check,
        never checked, not checked, did not listen, not listened, not share, not shared, never followed
        up, no follow-up""",
    "closed": """
        closed, case closed, closed the case, shut the case, shut the file, file closed, signed off,
        stepped down""",
    "late": """
        delay*, too late, slow, slowness, months later, waited, waiting, drift, took months, weeks late,
        overdue""",
    "known": """
        known to, on the radar, at-risk register, protection plan, protection register, were aware, been
        aware""",
    "despite": """
        despite, although, though, yet, even though, even so, nevertheless, in spite, only, days after,
        weeks after""",
    "warning": """
        warning*, red flag*, alarm*, tip-off*, tipped off, alert*, concern*, worries, worried, referral*,
        signs, bruise*, calls, pleas, plea, begged, complaint*, reported""",
    "chance": """
        chance*, opportunit*, opening*, could have been saved, could have been prevented, preventable,
        avoidable""",
    "should": "should have, ought to have, could have, might have, would have",
    "unaware": """
        unaware, did not know, not know, never knew, not aware, duped, deceiv*, fooled, conned, lied to,
        hoodwink*""",
    "naive": """
        naive, naïve, gullible, optimis*, over-optimis*, took her word, took his word, took their word,
        word for, at face value, believed the, credul*""",
    "verdict": """
        inadequate, requires improvement, not good enough, poor, weak, weakness*, unsafe, at risk,
        widespread, systemic, serious concerns, bottom, lowest, worst, unacceptable, substandard,
        deteriorat*, declin*, chaotic, disarray, dysfunction*, unsatisfactory, improvement notice, areas
        for improvement""",
    "harsh": """
        damning, scathing, savag*, lambast*, condemn*, critic*, slam*, blast*, rapped, hit out, tore into,
        hard-hitting, devastating, rebuke*, censur*, excoriat*, attack by, under fire""",
    "lessons": """
        lessons, learn, learned, learnt, learning review, safeguarding review, case review, practice
        review, inquest""",
    "harm": """
        death*, dead, died, die, killed, killing, murder*, manslaughter, starv*, beaten, battered,
        tortur*, injur*, wounds, abuse*, abusing, neglect, exploit*, groom*, rape*, harm*, drowned,
        burned, scald*, suffer*, cruelty""",
    "killer": """
        stepfather, stepdad, boyfriend, partner, mother's, mum's, jailed for life, jury, jurors,
        sentenced, trial""",
    "risk": "danger*, risk, risks, vulnerable, unsafe, exposed",
    # ---- too much, too soon
    "take": """
        take, taken, takes, took, taking, remov*, seiz*, snatch*, grab*, ripp*, rip, torn, tear, tore,
        wrench*, into care, taken away, took away, away from, parted, separated, split up, placed,
        uproot*, whisked""",
    "family": """
        mother*, father*, mum, mums, mum's, dad, dads, parent*, couple, family, families, grandmother*,
        gran, grandparent*, nan, siblings, brother*, sister*""",
    "wrongly": """
        wrong*, unlawful*, illegal*, unjustif*, needless*, without lawful, unfounded, no evidence, unfair
        removal, disproportionate, breach*, broke the law, human rights, unnecessar*, without good reason""",
    "threat": """
        threat*, threaten*, ultimatum, or lose, warned they, forced, forcib*, coerc*, bull*, intimidat*,
        pressur*""",
    "raid": "raid*, dawn, stormed, burst, marched, turned up, at the door, doorstep, swoop*, in the night",
    "adopt": """
        adopt*, adopted, forced adoption, foster*, placed for adoption, contact, guardianship, kinship""",
    "accused": """
        false*, accus*, innocent, cleared, suspicion, suspected, allegation*, alleg*, branded, labelled,
        brittle""",
    "heavy": """
        prisoner*, terror*, satanic, come home, secret courts, pretext, witch, busybod*, jobsworth*,
        spied, spying, bundled, dragged, against their will, power-mad, heavy-handed, draconian,
        overbearing, interfer*, meddl*, intrusi*, intrud*, nanny state, big brother, police state,
        gestapo, stasi, zealous, over-zealous, overzealous, kidnap*, stolen, steal*, child-snatch*,
        snatcher*, persecut*, hound, tyran*, nightmare, hell, ordeal, torment*, cruel, inhuman*, heartless""",
    "liberty": """
        depriv*, liberty, locked, detain*, detention, against his, against her, against their, wishes,
        will, care home, capacity, court of protection, restrain*, confined, held""",
    "reunited": """
        reunit*, returned, home again, back home, give back, hand back, handed back, get back, fight for,
        battle""",
    "sorry": "sorry, apolog*, damages, compensat*, payout*, pay-out*, awarded, ordered to pay",
    # ---- punishment
    "sack": """
        sack*, fired, axed, dismiss*, ousted, oust, resign*, quit, quits, step down, stepped aside, stood
        down, stand down, must go, suspended, suspension, suspend*, lost his job, lost her job, lost their
        jobs, disciplin*, relieved of, removed from post, removed from her post, forced out, departure*,
        gross misconduct""",
    "demand": """
        name them, kicked out, campaign, put on trial, face the, pay the price, petition*, demand*, calls
        for, call for, calling for, called for, march*, protest*, campaign to, urge*""",
    "heads": """
        heads roll, heads must, blood on, accountab*, held to account, blame*, culprit*, responsib*, named
        and shamed""",
    "payoff": "bonus*, payoff*, pay-off*, golden, gardening leave, full pay, promot*, pension, rewarded",
    "prosecute": """
        prosecut*, charged, charges, dock, court martial, criminal charges, manslaughter charge, arrested,
        police probe""",
    # ---- own wrongdoing
    "struck": """
        struck off, strike off, striking off, struck from, removed from the register, banned, ban, erased,
        barred""",
    "panel": """
        tribunal, panel, register, registration, registered, hcpc, conduct, fitness to practise,
        misconduct, practise, gscc, sssc, care council, disciplinary hearing, hearing""",
    "crime": """
        drunk*, drink-driv*, drink, drinking, booz*, tipsy, theft, thief, stole, fraud*, defraud*,
        embezzl*, cocaine, cannabis, drugs, convict*, jail*, guilty, pleaded, admitted, sentenced, caught,
        shoplift*, assaulted, punched, indecent, images, expenses, pocketed, fake, faked, forged, sham""",
    "affair": """
        affair, relationship, sex, sexual*, explicit, texts, messages, kiss*, preyed, lover, romance,
        inappropriate, boundaries""",
    "falsify": """
        falsif*, fabricat*, invented, made up, dishonest*, lied, lying, lies, fictitious, backdat*,
        copied, doctored""",
    "client": """
        client*, service user*, vulnerable woman, off-duty, off duty, own family, personal life, private
        life""",
    "rant": """
        racis*, rant*, facebook, tweet*, posts, posted, slur*, homophob*, abusive, swore, joked, whatsapp,
        sexist""",
    # ---- secrecy
    "cover": """
        cover-up*, coverup*, cover up, covered up, covering up, hush*, whitewash*, swept under, secret*,
        secrecy, conceal*, hid, hide, hides, hiding, hidden, closed doors, kept quiet, in the dark,
        stonewall*, silence*, silencing, silent, refus*, will not say, would not say, declined, withheld,
        withhold*, not publish*, unpublished, redact*, blacked out, suppress*, bury, buried, burying,
        shred*, destroy*, delet*, missing files, lost files, denial""",
    "gag": """
        gag, gags, gagged, gagging, injunction*, confidentiality, non-disclosure, ban on reporting,
        reporting restrictions, identif*""",
    "whistle": """
        whistleblow*, whistle-blow*, blow the whistle, blew the whistle, spoke out, speaking out, speak
        out, leaked, leak""",
    "transparent": """
        transparen*, freedom of information, foi, open justice, publish*, disclos*, scrutiny, answers,
        journalists, press""",
    # ---- dogma
    "dogma": """
        politically correct, political correctness, pc, woke, dogma*, ideolog*, do-gooder*, do-gooding,
        liberal*, leftie*, lefty, left-wing, right-on, fashionable, trendy, doctrine, orthodoxy, zealot*,
        creed, indoctrinat*, soft, softness, soft-headed, sandal*, beard*, muesli, hand-wringing, excuses
        for, another chance, last chance""",
    "identity": """
        race, racial*, ethnic*, white, black, asian, muslim*, christian*, religio*, faith, belief*,
        believers, gay, lesbian, same-sex, homosexual*, transgender, trans, gender, cultur*,
        multicultural*, heritage, ukip, tory, brexit, hunt*, smok*, obes*, fat, overweight, vegan, church,
        views, politics, political, mixed-race, diversity, equality, anti-racis*, matching""",
    # ---- paper
    "paper": """
        pathway*, flow chart*, flowchart*, matrix, template*, clipboard*, cut and pasted, copy and paste*,
        tick-boxes, portal, signature*, approval, three managers, drop-down*, log in, login, assessment,
        assessments, reassess*, audit*, bureaucra*, paperwork, form-filling, filling in forms, forms,
        form, red tape, tick-box*, box-ticking, tick box, boxes, box, ticked, ticking, tick, computer*,
        keyboard*, screen, screens, admin, administrat*, database, software, it system, data entry,
        typing, inputting, laptop*, logging, desk, desks, paper, recording, paper trail, pages,
        spreadsheet*, filing""",
    "procedure": """
        procedur*, process, processes, target, targets, deadline*, complian*, timescale*, timetable*,
        managerial*, performance indicators, rules, rigid, covering their, cover their, defensive, file,
        protocol*, prescri*, over-regulat*, tick-list, checklist*, time with families, time with children,
        face to face, direct work, of their time, hours a week""",
    # ---- load
    "load": """
        sunk, crushing, impossible, twice the, more than double, unsafe numbers, firefighting, knackered,
        crying in, skint, break point, caseload*, case loads, workload*, overwork*, too many cases, cases
        each, overload*, swamp*, drowning, stretched, overstretched, over-stretched, overwhelm*, breaking
        point, at capacity, backlog*, waiting list*, unmanageable, unsustainable, buckl*, creaking,
        struggl*, cannot cope, coping, under pressure, pressure*, strain*, stress*, exhaust*, burnout,
        burn out, burnt out, burned out, burning out, relentless""",
    "vacancy": """
        shortage*, understaff*, under-staff*, short-staffed, short staffed, vacan*, unfilled, empty posts,
        posts, recruit*, retention, retain*, turnover, agency staff, agency workers, agency, locum*,
        temps, temporary, sickness, sick leave, off sick, leaving the, leave the, left the, exodus,
        quitting, staffing, gaps, permanent""",
    "money": """
        cut, cuts, cutbacks, austerity, budget*, funding, funds, underfund*, under-fund*, overspen*,
        savings, deficit, bankrupt*, million, millions, bn, spending, costs, cost, resources,
        under-resourced, grant, money""",
    "strike": """
        strike, strikes, striking, strikers, walk out, walkout*, walked out, picket*, ballot*, industrial
        action, union*, unison, gmb, pay""",
    "surge": """
        surge*, soar*, record, rise, rises, rising, rose, risen, increase*, double*, doubled, growing,
        climb*, spike, highest, up by""",
    # ---- unfair blame
    "scapegoat": """
        lies, branded, murderers, most hated, never even met, myth*, slander*, everyone's blame, carry
        the, villain*, stereotyp*, caricatur*, scapegoat*, vilif*, demonis*, demoniz*, witch-hunt*, witch
        hunt*, hounded, hounding, pillor*, blamed, unfair, unfairly, unjust*, the rap, hung out,
        sacrific*, fall guy, victimis*, targeted, trolls, trolled, lynch*, castigat*, easy target*,
        punchbag, mob, smear*, maligned, misrepresent*, kicking, bashing, hate, hatred""",
    "hostility": """
        hate mail, death threats, threats, spat, spitting, harass*, attacked, assault*, insults, insulted,
        moved house, move house, address, abused, verbal, intimidation, stabbed, fear for, afraid, vandal*""",
    "vindicate": """
        vindicat*, exonerat*, cleared of, cleared, overturn*, quash*, appeal, unfair dismissal, wrongly
        dismissed, unfairly dismissed, wrongly sacked, unfairly sacked, reinstat*, wins, won, victory,
        upheld, payout for""",
    "press": """
        media, newspaper*, tabloid*, the sun, daily mail, headline*, coverage, press regulator, ipso,
        inaccura*, mislead*, misled, correction, editor, journalis*, reporting, press""",
    # ---- good work
    "award": """
        award*, honour*, honor*, mbe, obe, winner*, winning, shortlist*, prize*, medal, finalist*,
        accolade*, nominated, gong*, crowned, recognised""",
    "praise": """
        freedom of the borough, freedom of the city, toast*, ovation, champions, vindicated by, well done,
        good news, debt of, praise*, prais*, commend*, thank*, grateful, gratitude, hail*, heroes, hero,
        unsung, proud, pride, celebrat*, tribute*, applaud*, salut*, glowing, admir*, inspir*, exemplary,
        impress*, warmly, highlight*""",
    "grade": """
        outstanding, good, excellent, top marks, top rating, glowing, best, improv*, progress, turnaround,
        turned around, transform*, strong, strengths""",
    "helped": """
        together again, back together, kept together, came home, built, better now, my life, turned
        around, gave me, believed me, first person, helped, helping, supported, supporting, saved, rescu*,
        lifeline, life-changing, changed my life, turned my life, turned her life, turned his life, made a
        difference, make a difference, difference, listened, believed in, trusted, trust, thriv*,
        flourish*, success*, safe, stable, happy, hope, found homes, back on track, stood by, never gave
        up, there for, got me, without her, without him, always there, kept going""",
    "virtue": """
        dogged*, angel*, champion*, exemplary, everything right, did everything, swift*, prompt*,
        thorough*, calm, gentle, unflinching, humour, wisdom, dedicat*, tireless*, brilliant*, amazing,
        compassion*, caring, kind, kindness, patient, patience, skill*, passion*, reward*, brave*,
        courage*, humane, careful, thoughtful, committed, commitment, determin*, love, loved, warm,
        wonderful, fantastic, invaluable, vital, valued, remarkable, extraordinary, devoted, persisten*""",
    # ---- knowing source
    "says": """
        say, says, said, told, tells, according to, argue*, explain*, advis*, writes, believes, insist*,
        suggest*""",
    "warns": "warn, warns, warned, fear*, caution*, raise concerns, concerned that, sound the alarm",
    "authority": """
        expert*, basw, association of, adcs, adass, professor, prof, academic*, research*, study, survey,
        evidence to, select committee, mps, president, chief zworker, principal zworker, general
        secretary, practitioner*, lecturer, university, author, director, directors, professionals,
        british association""",
    "opinion": """
        comment, opinion, column*, our, how to, tips, guide, q&a, ask, asks, why, what, view, viewpoint,
        blog, podcast, interview, i, my, we""",
    # ---- policy
    "policy": """
        reform*, overhaul*, bill, legislat*, law, laws, act, white paper, green paper, minister*,
        government, westminster, holyrood, senedd, stormont, whitehall, education secretary, children's
        minister, health secretary, secretary, parliament, commons, lords, department for, dfe, policy,
        policies, statutory, duty, duties""",
    "regulate": """
        regulator, regulat*, standards, guidance, framework, consult*, plan, plans, propos*, strateg*,
        pilot*, scheme*, blueprint, roadmap, register of, licence, licens*, code, accredit*, inspection
        regime, powers, recommend*""",
    "review": """
        review, reviews, inquiry, independent review, care review, commission, taskforce, probe,
        investigation, report, reports""",
    "training": """
        training, trainee*, degree, degrees, qualif*, graduate*, student*, course, courses, apprentice*,
        curriculum, placement*, newly qualified, fast-track, bursar*, frontline, step up""",
    "structure": """
        restructur*, merge*, merger, trust, takeover, taken over, take over, stripped, intervention,
        intervene*, special measures, commissioner*, abolish*, scrap*, replac*, integrat*, independent
        trust, national service, improvement board, direction""",
    "routine": """
        appoint*, named, names, new director, head of, role, interim, obituary, died aged, career,
        round-up, roundup, event, open day, website, meeting, budget set, launch*, opens, vacancies,
        figures, statistics, facts""",
    # ---- emotion and tone
    "fury": """
        barmy, potty, madness, crazy, bonkers, farce, jobs for, lunacy, ludicrous, sobbed, agony,
        heartbr*, devastat*, fury, furious, outrag*, anger*, angry, rage, disgust*, shame*, shameful,
        disgrace*, scandal*, sicken*, appall*, shock*, horr*, evil, monster*, betray*""",
    # ---- not social work, or not here
    "fiction": """
        drama, episode*, series, character, character's, actor, actress, film, movie, novel, soap,
        eastenders, coronation street, emmerdale, hollyoaks, casualty, holby, sitcom, stars, starring,
        star, plays, play, stage, theatre, bbc1, itv, channel, viewers, tonight, thriller, cast, plot,
        comedy, comedian, singer, band, album""",
    "history": """
        nazi*, holocaust, jews, jewish, ghetto, wartime, war, victorian, century, resistance, camp, camps""",
    "sport": """
        football*, footballer, match, goal, cup, league, cricket, rugby, olympic*, athlete, marathon,
        runner, race day, coach, champion*""",
    "jobmention": """
        a zworker, former zworker, retired zworker, ex-zworker, trained zworker, zworker and, zworker
        from, zworker who, works as, worked as, was working, juror, victim, passenger, widow, candidate,
        councillor, elected, wife, husband""",
    "community": """
        community service, unpaid work, community payback, hours of, community order, volunteer*, charity,
        church hall, fundrais*""",
    "carehome": """
        care home*, nursing home*, home care, carer, carers, care worker*, care staff, residential, care
        assistant*, provider*, cqc, dementia""",
    "notus": """
        hospital, ward, patients, patient, surgery, pupils, pupil, classroom, bins, roads, potholes,
        parking, planning, housing, homes""",
}
