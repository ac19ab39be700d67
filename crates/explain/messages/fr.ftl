### French (français). Translated by a machine from messages/en.ftl; no native speaker has read it.

-review-status = unreviewed

language-name = Français
note-unreviewed = Ces mots ont été traduits par une machine. Aucune personne de langue maternelle ne les a encore vérifiés.
note-reviewed = Une personne de langue maternelle a vérifié ces mots.
sentence = { $text }.
percent = { $number } %

heading-outcome = Le résultat
outcome-match = Correspondance : les deux photos semblent montrer la même personne.
outcome-non_match = Non confirmé : pour le programme, les deux photos ne se ressemblent pas assez.
outcome-undecided = Non décidé : le programme n’a pas pu décider avec ces photos.
heading-next = Ce qui se passe maintenant
next-match = Vous n’avez rien à faire.
next-non_match = Ce n’est pas un refus définitif. Les programmes se trompent. Avant qu’on vous dise non, une personne doit regarder.
next-undecided = Ce n’est pas un refus. Vous pouvez réessayer avec une nouvelle photo, et vous pouvez demander qu’une personne regarde.
exit-match = Code de sortie 0 : correspondance
exit-non_match = Code de sortie 1 : non confirmé
exit-undecided = Code de sortie 3 : non décidé
exit-error = Code de sortie 2 : une erreur ; rien n’a été décidé

heading-why = Pourquoi
heading-also = Bon à savoir aussi
whose-probe = Nouvelle photo : { $text }
whose-reference = Photo au dossier : { $text }
advice-you = Ce que vous pouvez faire : { $text }
advice-operator = Pour ceux qui gèrent ce service : { $text }

reason-several_pages = le fichier contient plusieurs pages, et seule la première a été examinée
    .advice = si le visage est sur une autre page, envoyez cette page comme une image à part
reason-no_face_found = aucun visage n’a été trouvé
    .advice = regardez l’appareil, avec la lumière de face et toute la tête dans l’image
reason-several_faces_largest_used = il y a plusieurs visages ; le plus grand a été utilisé
    .advice = vérifiez que le plus grand visage est celui de la bonne personne
reason-several_faces_refused = il y a plusieurs visages, et il en faut un seul
    .advice = prenez la photo avec une seule personne dans l’image
reason-landmarks_outside_image = les yeux, le nez ou la bouche sont hors de l’image
    .advice = éloignez l’appareil, pour que toute la tête soit dans l’image
reason-landmarks_unusable = on n’a pas pu distinguer les yeux, le nez et la bouche
    .advice = regardez l’appareil et ne bougez pas
reason-face_cut_by_border = le bord de l’image coupe le visage
    .advice = éloignez l’appareil, pour que toute la tête soit dans l’image
reason-face_small = le visage est petit, il y a donc peu de détails à comparer
    .advice = approchez-vous de l’appareil, ou envoyez une image plus grande
reason-found_with_more_light = le visage n’a été trouvé qu’après avoir éclairci l’image
    .advice = prenez la photo avec plus de lumière sur le visage
reason-face_in_little_light = il y avait peu de lumière, le visage a donc d’abord été rendu plus net
    .advice = prenez la photo avec plus de lumière sur le visage
reason-found_turned = le visage n’a été trouvé qu’après avoir tourné l’image
    .advice = envoyez l’image à l’endroit
reason-other_face_prominent = le visage d’une autre personne est presque aussi grand
    .advice = prenez la photo sans personne d’autre près de l’appareil
reason-face_hidden = une partie du visage semble cachée
    .advice = enlevez les lunettes noires ou le masque et écartez les cheveux ; ce que vous portez pour votre foi ou votre santé peut rester
reason-face_out_of_proportion = le visage est écrasé ou étiré sur la photo
    .advice = envoyez la photo telle que l’appareil l’a prise, sans changer sa forme
reason-face_unclear = la photo montre trop peu du visage au programme pour comparer
    .advice = prenez une nouvelle photo de face, avec une lumière égale et rien devant le visage
reason-picture_negative = le clair et le foncé de la photo sont inversés, comme sur un négatif
    .advice = envoyez la photo avec ses vraies couleurs
reason-too_little_light = l’appareil n’avait pas assez de lumière pour ce visage
    .advice = tournez-vous vers une fenêtre ou une lampe
reason-too_much_light = des parties du visage sont si claires qu’on n’y voit rien
    .advice = évitez la lumière trop forte, et coupez le flash
reason-light_from_one_side = un côté du visage est dans l’ombre
    .advice = tournez-vous pour que la lumière vienne de face
reason-picture_flat = le visage a peu de contraste, comme dans la brume
    .advice = essuyez l’objectif, et n’ayez pas la lumière dans le dos
reason-picture_blurred = le visage est flou
    .advice = essuyez l’objectif, tenez le téléphone à bout de bras, et touchez le visage sur l’écran pour faire la mise au point
reason-picture_shaken = un mouvement a rendu l’image floue
    .advice = ne bougez pas, et appuyez le téléphone contre quelque chose
reason-head_turned = la tête est tournée sur le côté
    .advice = regardez l’appareil bien en face
reason-head_up_or_down = le visage est tourné vers le haut ou vers le bas
    .advice = tenez l’appareil à la hauteur de vos yeux
reason-head_tilted = la tête ou l’appareil est penché
    .advice = tenez la tête et l’appareil bien droits
reason-picture_compressed = le fichier a été tellement réduit que des détails ont été perdus
    .advice = envoyez l’image d’origine, pas une copie transférée
reason-light_coloured = la lumière sur le visage a une couleur forte
    .advice = utilisez la lumière du jour ou une lampe blanche
reason-liveness_not_checked = on n’a pas vérifié si une personne réelle était devant l’appareil
    .advice = ne vous fiez pas à cela seul là où quelqu’un pourrait montrer une photo à l’appareil
reason-no_attack_signs_seen = aucun signe de tromperie n’a été vu sur la photo, mais cela ne prouve pas qu’une personne était là
    .advice = ne vous fiez pas à cela seul là où quelqu’un pourrait montrer une photo à l’appareil
reason-attack_signs_unclear = la photo est peut-être la photo d’une autre image
    .advice = prenez une nouvelle photo de la personne, ou suivez les étapes devant l’appareil
reason-attack_signs_seen = la photo semble montrer un écran ou un tirage sur papier
    .advice = prenez une nouvelle photo de la personne, pas d’une image ; si elle est encore refusée, une personne doit la regarder
reason-liveness_shown = une personne réelle a fait ce qui était demandé, au moment demandé
reason-liveness_unclear = l’appareil n’a pas montré assez pour savoir si une personne réelle était là
    .advice = réessayez avec une lumière égale, lentement, avec tout le visage dans l’image
reason-liveness_abrupt = l’image de l’appareil a changé trop vite
    .advice = tenez le téléphone sans bouger et faites des gestes plus lents
reason-liveness_pictures_missing = l’appareil ou la connexion ont laissé de côté des images
    .advice = fermez les autres programmes et réessayez là où la connexion est bonne
reason-liveness_by_person = ce n’est pas une machine qui décide de cette séance devant l’appareil, mais une personne
    .advice = vous n’avez pas à réessayer ; une personne va regarder les images
reason-liveness_failed = l’appareil a montré ce qu’on ne verrait pas avec une personne réelle devant lui
    .advice = recommencez avec de nouvelles étapes, devant l’appareil ; si c’est encore refusé, une personne doit regarder
reason-liveness_of_other_person = la personne devant l’appareil n’est pas celle de la nouvelle photo
    .advice = la même personne doit être sur la photo et suivre les étapes
reason-score_at_or_above_threshold = les visages se ressemblent assez pour atteindre la limite
reason-score_below_threshold = les visages ne se ressemblent pas assez pour atteindre la limite
    .advice = prenez une nouvelle photo avec une bonne lumière ; si elle est encore refusée, une personne doit la regarder
reason-score_in_review_band = les visages sont trop près de la limite pour qu’une machine décide
    .advice = une personne doit regarder les deux photos
reason-threshold_not_calibrated = aucun taux d’erreur n’a été mesuré pour cette limite
    .advice = mesurez les taux d’erreur sur votre propre population avant de vous y fier
reason-identical_files = les deux photos sont le même fichier, ce qui ne prouve rien sur une personne
    .advice = utilisez une nouvelle photo

heading-liveness = Une personne réelle était-elle là ?
liveness-pass = Oui. L’appareil a montré une personne réelle.
liveness-fail = L’appareil ou la photo ont donné des signes qu’aucune personne réelle n’était là. Ces signes peuvent être faux.
liveness-inconclusive = On ne sait pas. On n’en a pas vu assez.
liveness-not_checked = Cela n’a pas été vérifié.

heading-how = Comment la décision a été prise
how-limit = Le programme calcule un nombre qui dit à quel point deux visages se ressemblent. À partir d’une limite, les deux photos comptent comme une seule personne.
how-claim = Avec cette limite, au plus { $count } des paires de personnes différentes comptent comme une seule personne, avec une confiance de 95 %. Ce chiffre est celui du groupe où ces erreurs sont les plus nombreuses, parmi les groupes testés. Il vient de { $comparisons } comparaisons.
how-no-claim = Aucun taux d’erreur n’a été mesuré pour cette limite.
how-hidden = Le nombre n’est pas montré ici. Il pourrait aider ceux qui veulent tricher.
how-score = Ressemblance { $score }, limite { $limit }, sur une échelle qui va jusqu’à 1.
how-raw = Ressemblance avant normalisation : { $score }.
how-one-person = Une telle ressemblance est environ { $times } fois plus fréquente entre photos d’une seule personne qu’entre photos de deux personnes.
how-two-people = Une telle ressemblance est environ { $times } fois plus fréquente entre photos de deux personnes qu’entre photos d’une seule personne.
how-either = Une telle ressemblance est à peu près aussi fréquente entre photos d’une seule personne qu’entre photos de deux personnes.
how-near-limit = Cela semble parler contre une correspondance. Mais c’est la limite qui décide, et elle a été mesurée sur d’autres photos. Une ressemblance si proche de la limite est une preuve faible : si l’enjeu est important, demandez à une personne de regarder.
how-strict-limit = La limite demande plus que cela, pour que peu de paires de personnes différentes comptent comme une seule personne.

heading-appeal = Si vous n’êtes pas d’accord
appeal-right = Vous pouvez demander qu’une personne regarde à nouveau cette décision. Donnez le numéro de la décision.
appeal-contact = Où le demander
appeal-answer = Réponse dans un délai de
heading-data = Ce qui a été fait des photos
data-process = Le programme a cherché le visage sur chaque photo. Il a changé chaque visage en une liste de nombres et a comparé les deux listes.
data-not = Il n’a pas deviné l’âge, le sexe, la race ou les sentiments de qui que ce soit. Il n’a cherché personne dans une foule. Il n’a rien envoyé par un réseau.
data-record = Le relevé de cette décision ne garde aucune photo ni aucune de ces listes de nombres. Il garde une somme de contrôle de chaque fichier, l’endroit du visage, ce qui a été mesuré sur la photo, les raisons et les modèles utilisés.
heading-kept = Ce que nous gardons sur vous, et combien de temps
kept-photos = Photos
kept-templates = Listes de nombres tirées des visages
kept-decisions = Relevés de décisions
kept-days = { $days ->
    [0] pas gardé
    [one] { $days } jour
   *[other] { $days } jours
}
within-days = { $days ->
    [one] { $days } jour
   *[other] { $days } jours
}
not-stated = le responsable du service ne l’a pas dit
none-stated = aucun, selon le responsable du service

fact-decision = Décision
fact-program = Programme
fact-models = Modèles
fact-limit = D’où vient la limite
fact-operator = Responsable de ce service
fact-contact = Contact
fact-purpose = À quoi il sert
fact-law = Base légale

explanation-title = Ce qui a été décidé, et pourquoi

held-title = Ce que nous gardons sur { $name }
held-made = Cette page a été faite le { $date }.
held-why = Pourquoi : { $text }
held-purpose = But : { $text }
held-until = Du { $since } au { $until }
held-no-end = Depuis le { $since }, sans date de fin fixée
held-how = Comment : { $text }
held-sealed = Nous le chiffrons avec une clé à part. Nous l’effaçons quand vous le demandez ou quand le délai est passé.
held-template = Une liste de nombres tirée de votre visage
held-template-why = Nous la comparons à une nouvelle photo pour vérifier que c’est vous.
held-name = Votre nom
held-name-why = Il nous sert à trouver ce que nous gardons sur vous.
held-checksums = Sommes de contrôle de vos photos, et mesures de leur qualité et de leur ressemblance, mais pas les photos
held-checksums-why = Elles aident à expliquer les décisions. Elles montrent aussi si la même photo sert à nouveau.
held-stated = Ce que vous nous avez dit pour vérifier l’égalité de traitement
held-stated-why = Cela sert à vérifier si le programme traite tous les groupes de la même façon.
held-stated-how = Nous le chiffrons. Une copie reste avec chaque décision. La copie porte un code à la place de votre nom.
held-photo = Une photo de vous
held-photo-why = Une personne peut la regarder pour revoir ce que le programme a décidé. Vous avez donné votre accord.
held-photo-how = Nous la chiffrons avec une clé à part. Nous l’effaçons quand l’examen est terminé ou quand vous le demandez.
held-decisions = Décisions à votre sujet, avec les raisons, les nombres calculés et ce qui a été mesuré sur les photos
held-decisions-why = Avec elles, nous pouvons expliquer une décision, la refaire, la vérifier et la revoir si vous le demandez.
held-decisions-how = Le relevé des décisions ne peut pas être changé. Il porte un code à la place de votre nom. Quand nous effaçons ce que nous gardons sur vous, nous effaçons aussi le lien entre ce code et vous.
held-photos = { $count ->
    [one] La liste de nombres a été faite à partir de { $count } photo.
   *[other] La liste de nombres a été faite à partir de { $count } photos.
}
held-photos-only = Nous ne gardons une photo que si cette page le dit.
held-heading-decisions = Décisions à votre sujet
held-no-decisions = Aucune décision n’a été prise à votre sujet.
held-when = Quand
held-follows = Ce que cela veut dire pour vous
held-confirmed = Il est confirmé que c’est vous.
held-person_must_look = Une personne doit regarder avant qu’on vous dise non.
held-refused = La réponse a été non. Vous pouvez demander qu’une personne regarde.
held-not_decided = Il faut une nouvelle photo, ou une personne doit regarder.
held-appeal = Recours
held-appeal-none = Il n’y a pas de recours.
held-appeal-open = Il y a un recours. Personne ne l’a encore regardé.
held-appeal-under_review = Une personne le regarde en ce moment.
held-appeal-upheld = Une personne a regardé. Le résultat reste le même.
held-appeal-overturned = Une personne a regardé. Le premier résultat était faux et il a été changé.
held-reviewer = Ce que cette personne a écrit
held-heading-can = Ce que vous pouvez faire
held-can-appeal = Vous pouvez demander qu’une personne regarde à nouveau une décision. Donnez le numéro de la décision.
held-can-delete = Vous pouvez nous demander d’effacer ce que nous gardons sur vous. Vous recevrez un reçu signé.

system-title = Comment ce service décide au sujet des personnes
system-lead = Cette page dit ce que fait le programme, combien de fois il se trompe, et pour qui. Elle a dix points, sur lesquels de tels services en ont dit trop peu.
system-missing = { $count ->
    [0] Le responsable du service a donné toutes les informations que cette page demande.
    [one] Le responsable du service n’a pas donné { $count } des informations que cette page demande.
   *[other] Le responsable du service n’a pas donné { $count } des informations que cette page demande.
}
system-english = Les mots en anglais sont cités tels qu’ils ont été publiés.

point-algorithmic_decisions = Comment les décisions sont prises
no-final-no = Le programme seul ne donne aucun refus définitif. Une personne doit d’abord regarder.
column-model = Modèle
column-role = Ce qu’il fait
column-training = De quoi il a appris
role-detector = trouve les visages
role-second_detector = regarde à nouveau quand aucun visage n’a été trouvé
role-embedder = change un visage en nombres
role-mesh = trouve des points sur un visage
role-passive_pad = distingue un visage d’une photo de visage
models-caption = Les modèles
rates-lead = Les erreurs ne sont pas les mêmes pour tous les groupes de personnes. Le tableau montre combien de fois deux personnes différentes ont été prises pour une seule.
rates-caption = À quelle fréquence deux personnes différentes ont été prises pour une seule
column-group = Groupe
column-rate = Mesuré
column-range = Fourchette probable
group-everyone = tout le monde
rates-data = Mesuré sur { $people } personnes en { $comparisons } comparaisons. Fait le { $date }.
rates-missed = Dans { $count } des paires de photos d’une même personne, le programme n’a pas vu que c’était la même (marge probable : de { $low } à { $high }). Cela vient d’autres photos que le tableau, et on ne le sait pas pour chaque groupe.
rates-missed-unknown = On ne sait pas combien de fois une personne n’est pas reconnue comme la même.
rates-few-people = Pour { $groups } autres groupes, trop peu de personnes ont été testées pour promettre quoi que ce soit.
rates-children = Pour le programme, les jeunes enfants se ressemblent plus que les adultes. Rien n’est promis pour les enfants de moins de dix ans. Dans le groupe d’enfants le plus touché, jusqu’à { $count } des paires d’enfants différents compteraient comme une seule personne. On ne sait pas combien de fois le programme ne reconnaît pas un enfant. Une personne doit vérifier chaque décision sur un enfant.
rates-labels = Pour traiter les groupes plus également, le programme a été réglé avec { $people } photos étiquetées. D’autres personnes ont donné les étiquettes, comme la race, le sexe ou l’âge. Quand le programme décide pour vous, il ne connaît pas votre groupe et ne le devine pas.

point-data_collection = Ce qui est recueilli, et pourquoi

point-eligibility = Ce qu’il faut à une photo
eligibility-file = Le fichier peut être JPEG, PNG, WebP, BMP ou TIFF, jusqu’à { $pixels } millions de pixels.
eligibility-one-face = Elle doit montrer un visage. Si elle en montre plusieurs, le plus grand est utilisé.
eligibility-one-only = Elle doit montrer un seul visage.
eligibility-off = La qualité des photos n’est pas jugée.
eligibility-advise = Une mauvaise photo donne lieu à un conseil. Elle n’est pas refusée pour cela.
eligibility-enforce = Une photo trop mauvaise est renvoyée avec un conseil.
eligibility-best = Voici comment cela marche le mieux :

point-appeals = Plaintes et recours
appeals-how = Chacun peut demander qu’une personne regarde à nouveau une décision. Ce que cette personne décide, et pourquoi, est ajouté au relevé.
appeals-counted = On compte, pour chaque groupe, combien de fois des personnes corrigent le programme.

point-oversight = Qui le surveille
oversight-open = Le code source est ouvert. Des gens de l’extérieur peuvent vérifier les relevés de décisions sans voir un visage.
oversight-body = Organisme extérieur
access-who = Qui peut voir ce qui est gardé

point-retention = Ce qui est stocké, et combien de temps
retention-default = De lui-même, le programme ne garde aucune photo.
retention-forget = Ce qui est stocké sur une personne peut être effacé. Un reçu permet ensuite à d’autres de le vérifier.

point-security = Comment c’est protégé
security-program = Le programme n’ouvre aucune connexion réseau pendant qu’il décide. Il vérifie chaque fichier de modèle avant de l’utiliser. Les listes de nombres stockées sont chiffrées, avec une clé distincte pour chaque personne.
security-record = Les relevés de décisions sont enchaînés, de sorte qu’un changement fait plus tard se voit.
security-measures = Ce que le responsable du service fait de plus
security-contact = Où signaler un point faible

point-evaluations = Combien de fois il est testé
evaluations-how = Le programme peut être testé à tout moment sur ce qu’il a décidé, groupe par groupe.
audit-date = Dernier test
audit-every = Temps entre les tests
audit-result = Résultat du dernier test
audit-verdicts = règles respectées : { $passed } ; règles non respectées : { $failed } ; encore ouvert : { $open }
audit-no-rules = aucune règle n’a été testée

point-metrics = Comment le succès est mesuré
metrics-what = Pour chaque groupe, on compte combien de fois deux personnes sont prises pour une, combien de fois une personne n’est pas reconnue comme la même, combien de photos ne peuvent pas servir, et combien de fois des personnes corrigent le programme.
metrics-stated = Résultats, selon le responsable du service

point-third_parties = Qui d’autre participe
third-nothing = Le programme ne rend compte à personne. Il n’envoie aucune donnée sur son utilisation ou sur ses erreurs.
third-models = Les modèles ont été faits par d’autres. Le tableau du point 1 les nomme. Ils tournent sur les machines du responsable lui-même, et leurs auteurs ne reçoivent aucune donnée.
third-parties = Autres participants
