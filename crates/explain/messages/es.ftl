### Spanish (español). Translated by a machine from messages/en.ftl; no native speaker has read it.
### Informal-neutral register of Latin America, with "usted".

-review-status = unreviewed

language-name = Español
note-unreviewed = Una máquina tradujo estas palabras. Ningún hablante nativo las ha revisado todavía.
note-reviewed = Un hablante nativo ha revisado estas palabras.
sentence = { $text }.
percent = { $number } %

heading-outcome = El resultado
outcome-match = Coincide: las dos fotos parecen de la misma persona.
outcome-non_match = Sin confirmar: al programa las dos fotos no le parecieron lo bastante iguales.
outcome-undecided = Sin decidir: el programa no pudo decidir con estas fotos.
heading-next = Qué pasa ahora
next-match = No tiene que hacer nada.
next-non_match = Este no es un rechazo definitivo. Los programas se equivocan. Antes de que alguien le diga que no, una persona tiene que mirar las fotos.
next-undecided = Esto no es un rechazo. Puede intentarlo otra vez con una foto nueva, y puede pedir que una persona lo mire.
exit-match = Código de salida 0: coincide
exit-non_match = Código de salida 1: sin confirmar
exit-undecided = Código de salida 3: sin decidir
exit-error = Código de salida 2: hubo un error; no se decidió nada

heading-why = Por qué
heading-also = También conviene saber
whose-probe = Foto nueva: { $text }
whose-reference = Foto guardada: { $text }
advice-you = Qué puede hacer usted: { $text }
advice-operator = Para quienes manejan este servicio: { $text }

reason-several_pages = el archivo contiene varias páginas y solo se miró la primera
    .advice = si la cara está en otra página, envíe esa página como una imagen aparte
reason-no_face_found = no se encontró ninguna cara
    .advice = mire a la cámara, con luz de frente y toda la cabeza dentro de la foto
reason-several_faces_largest_used = hay varias caras; se usó la más grande
    .advice = compruebe que la cara más grande es la de la persona correcta
reason-several_faces_refused = hay varias caras y se necesita una sola
    .advice = tome la foto con una sola persona
reason-landmarks_outside_image = los ojos, la nariz o la boca quedan fuera de la foto
    .advice = aleje un poco la cámara, para que toda la cabeza quede dentro de la foto
reason-landmarks_unusable = no se pudieron distinguir los ojos, la nariz y la boca
    .advice = mire a la cámara y no se mueva
reason-face_cut_by_border = el borde de la foto corta la cara
    .advice = aleje un poco la cámara, para que toda la cabeza quede dentro de la foto
reason-face_small = la cara es pequeña y hay pocos detalles para comparar
    .advice = acérquese a la cámara o envíe una foto más grande
reason-found_with_more_light = la cara solo se encontró después de aclarar la foto
    .advice = tome la foto con más luz en la cara
reason-face_in_little_light = había poca luz, por eso primero se aclaró la cara
    .advice = tome la foto con más luz en la cara
reason-found_turned = la cara solo se encontró después de girar la foto
    .advice = envíe la foto derecha
reason-other_face_prominent = la cara de otra persona es casi igual de grande
    .advice = tome la foto sin nadie más cerca de la cámara
reason-face_hidden = parece que una parte de la cara está tapada
    .advice = quítese los lentes oscuros o la mascarilla y aparte el pelo; puede dejarse lo que lleva por su fe o su salud
reason-face_out_of_proportion = la cara sale aplastada o estirada en la foto
    .advice = envíe la foto tal como la tomó la cámara, sin cambiarle la forma
reason-face_unclear = la foto le muestra al programa muy poco de la cara para comparar
    .advice = tome una foto nueva de frente, con luz pareja y sin nada delante de la cara
reason-picture_negative = lo claro y lo oscuro de la foto están invertidos, como en un negativo
    .advice = envíe la foto con sus colores verdaderos
reason-too_little_light = la cámara tuvo muy poca luz para esta cara
    .advice = gírese hacia una ventana o una lámpara
reason-too_much_light = partes de la cara están tan claras que no se ve nada en ellas
    .advice = salga de la luz fuerte y apague el flash
reason-light_from_one_side = un lado de la cara está en la sombra
    .advice = gírese hasta que la luz venga de frente
reason-picture_flat = la cara tiene poco contraste, como entre la niebla
    .advice = limpie el lente y no se ponga con la luz a la espalda
reason-picture_blurred = la cara está desenfocada
    .advice = limpie el lente, sostenga el teléfono con el brazo estirado y toque la cara en la pantalla para enfocar
reason-picture_shaken = la foto salió movida
    .advice = no se mueva y apoye el teléfono en algo
reason-head_turned = la cabeza está girada hacia un lado
    .advice = mire directo a la cámara
reason-head_up_or_down = la cara mira hacia arriba o hacia abajo
    .advice = sostenga la cámara a la altura de los ojos
reason-head_tilted = la cabeza o la cámara está inclinada
    .advice = mantenga derechas la cabeza y la cámara
reason-picture_compressed = el archivo se hizo tan pequeño que se perdieron detalles
    .advice = envíe la foto original, no una copia reenviada
reason-light_coloured = la luz en la cara tiene un color fuerte
    .advice = use la luz del día o una lámpara blanca
reason-liveness_not_checked = no se comprobó si había una persona de verdad frente a la cámara
    .advice = no se fíe solo de esto donde alguien pueda mostrar una foto a la cámara
reason-no_attack_signs_seen = no se vio ninguna señal de engaño en la foto, pero eso no demuestra que había una persona
    .advice = no se fíe solo de esto donde alguien pueda mostrar una foto a la cámara
reason-attack_signs_unclear = la foto podría ser una foto de otra foto
    .advice = tome una foto nueva de la persona, o siga los pasos frente a la cámara
reason-attack_signs_seen = la foto parece tomada de una pantalla o de un papel impreso
    .advice = tome una foto nueva de la persona, no de otra foto; si se rechaza otra vez, una persona tiene que mirarla
reason-liveness_shown = una persona de verdad hizo lo que se le pidió, cuando se le pidió
reason-liveness_unclear = la cámara no mostró lo suficiente para saber si había una persona de verdad
    .advice = inténtelo otra vez con luz pareja, despacio y con toda la cara dentro de la imagen
reason-liveness_abrupt = la imagen de la cámara cambió demasiado rápido
    .advice = mantenga quieto el teléfono y muévase más despacio
reason-liveness_pictures_missing = la cámara o la conexión dejaron fuera imágenes
    .advice = cierre otros programas e inténtelo otra vez donde haya buena conexión
reason-liveness_by_person = esta sesión frente a la cámara no la decide una máquina, sino una persona
    .advice = no hace falta que lo intente otra vez; una persona mirará las imágenes
reason-liveness_failed = la cámara mostró algo que no se vería con una persona de verdad delante
    .advice = empiece otra vez con pasos nuevos, frente a la cámara; si se rechaza otra vez, una persona tiene que mirarlo
reason-liveness_of_other_person = la persona frente a la cámara no es la de la foto nueva
    .advice = la misma persona debe salir en la foto y seguir los pasos
reason-score_at_or_above_threshold = las caras se parecen lo bastante para alcanzar el límite
reason-score_below_threshold = las caras no se parecen lo bastante para alcanzar el límite
    .advice = tome una foto nueva con buena luz; si se rechaza otra vez, una persona tiene que mirarla
reason-score_in_review_band = las caras están demasiado cerca del límite para que decida una máquina
    .advice = una persona tiene que mirar las dos fotos
reason-threshold_not_calibrated = no se ha medido ninguna tasa de error para este límite
    .advice = mida las tasas de error con su propia población antes de fiarse de él
reason-identical_files = las dos fotos son el mismo archivo, y eso no demuestra nada sobre una persona
    .advice = use una foto nueva

heading-liveness = ¿Había una persona de verdad?
liveness-pass = Sí. La cámara mostró a una persona de verdad.
liveness-fail = La cámara o la foto dieron señales de que no había una persona de verdad. Esas señales pueden fallar.
liveness-inconclusive = No se sabe. No se vio lo suficiente.
liveness-not_checked = No se comprobó.

heading-how = Cómo se decidió
how-limit = El programa calcula un número que dice cuánto se parecen dos caras. Desde cierto límite, las dos fotos cuentan como una sola persona.
how-claim = Con este límite, como mucho el { $count } de los pares de personas distintas cuentan como una sola persona, con una confianza del 95 %. Esta cifra es la del grupo con más errores de este tipo entre los grupos que se probaron. Sale de { $comparisons } comparaciones.
how-no-claim = No se ha medido ninguna tasa de error para este límite.
how-hidden = Aquí no se muestra el número. Podría ayudar a quien quiera hacer trampa.
how-score = Parecido { $score }, límite { $limit }, en una escala que llega hasta 1.
how-raw = Parecido antes de normalizar: { $score }.
how-one-person = Un parecido así es unas { $times } veces más común entre fotos de una misma persona que entre fotos de dos personas.
how-two-people = Un parecido así es unas { $times } veces más común entre fotos de dos personas que entre fotos de una misma persona.
how-either = Un parecido así es más o menos igual de común entre fotos de una misma persona que entre fotos de dos personas.
how-near-limit = Eso parece hablar en contra de una coincidencia. Pero lo que decide es el límite, y se midió con otras fotos. Un parecido tan cercano al límite es una prueba débil: si de ello depende mucho, pida que lo mire una persona.
how-strict-limit = El límite pide más que eso, para que pocos pares de personas distintas cuenten como una misma persona.

heading-appeal = Si no está de acuerdo
appeal-right = Puede pedir que una persona mire otra vez esta decisión. Dé el número de la decisión.
appeal-contact = Dónde pedirlo
appeal-answer = Plazo de respuesta
heading-data = Qué se hizo con las fotos
data-process = El programa buscó la cara en cada foto. Convirtió cada cara en una lista de números y comparó las dos listas.
data-not = No trató de adivinar la edad, el sexo, la raza ni los sentimientos de nadie. No buscó a nadie entre otras personas. No envió nada por una red.
data-record = El registro de esta decisión no guarda ninguna foto ni esas listas de números. Guarda una suma de control de cada archivo, dónde estaba la cara, lo que se midió de la foto, los motivos y los modelos que se usaron.
heading-kept = Qué guardamos sobre usted y por cuánto tiempo
kept-photos = Fotos
kept-templates = Listas de números hechas a partir de caras
kept-decisions = Registros de decisiones
kept-days = { $days ->
    [0] no se guardan
    [one] { $days } día
   *[other] { $days } días
}
within-days = { $days ->
    [one] { $days } día
   *[other] { $days } días
}
not-stated = el responsable del servicio no lo ha dicho
none-stated = ninguno, según el responsable del servicio

fact-decision = Decisión
fact-program = Programa
fact-models = Modelos
fact-limit = De dónde viene el límite
fact-operator = Responsable de este servicio
fact-contact = Contacto
fact-purpose = Para qué sirve
fact-law = Base legal

explanation-title = Qué se decidió y por qué

held-title = Qué guardamos sobre { $name }
held-made = Esta página se hizo el { $date }.
held-why = Por qué: { $text }
held-purpose = Finalidad: { $text }
held-until = Desde { $since } hasta { $until }
held-no-end = Desde { $since }, sin una fecha final fija
held-how = Cómo: { $text }
held-sealed = Lo ciframos con una clave aparte. Lo borramos cuando usted lo pide o cuando se acaba el plazo.
held-template = Una lista de números hecha a partir de su cara
held-template-why = La comparamos con una foto nueva para comprobar que es usted.
held-name = Su nombre
held-name-why = Lo necesitamos para encontrar lo que guardamos sobre usted.
held-checksums = Sumas de control de sus fotos, y medidas de lo buenas y lo parecidas que son, pero no las fotos
held-checksums-why = Ayudan a explicar las decisiones. También muestran si se usa otra vez la misma foto.
held-stated = Lo que usted nos dijo para comprobar la igualdad de trato
held-stated-why = Con esto comprobamos si el programa trata igual a todos los grupos.
held-stated-how = Lo ciframos. Una copia queda junto a cada decisión. La copia lleva un código en lugar de su nombre.
held-photo = Una foto de usted
held-photo-why = Una persona puede mirarla para revisar lo que decidió el programa. Usted estuvo de acuerdo.
held-photo-how = La ciframos con una clave aparte. La borramos cuando termina la revisión o cuando usted lo pide.
held-decisions = Decisiones sobre usted, con los motivos, los números de parecido y lo que se midió en las fotos
held-decisions-why = Con ellas podemos explicar una decisión, repetirla, comprobarla y revisarla si usted lo pide.
held-decisions-how = El registro de decisiones no se puede cambiar. Lleva un código en lugar de su nombre. Cuando borramos lo que guardamos sobre usted, borramos también lo que une ese código con usted.
held-photos = { $count ->
    [one] La lista de números se hizo a partir de { $count } foto.
   *[other] La lista de números se hizo a partir de { $count } fotos.
}
held-photos-only = Guardamos una foto solo si esta página lo dice.
held-heading-decisions = Decisiones sobre usted
held-no-decisions = No se ha tomado ninguna decisión sobre usted.
held-when = Cuándo
held-follows = Qué significa para usted
held-confirmed = Se confirmó que es usted.
held-person_must_look = Una persona tiene que mirar esto antes de que alguien le diga que no.
held-refused = La respuesta fue no. Puede pedir que una persona lo mire.
held-not_decided = Hace falta una foto nueva, o una persona tiene que mirar esto.
held-appeal = Apelación
held-appeal-none = No hay apelación.
held-appeal-open = Hay una apelación. Nadie la ha mirado todavía.
held-appeal-under_review = Una persona la está mirando ahora.
held-appeal-upheld = Una persona miró. El resultado queda igual.
held-appeal-overturned = Una persona miró. El primer resultado estaba mal y se cambió.
held-reviewer = Lo que escribió la persona que miró
held-heading-can = Qué puede hacer usted
held-can-appeal = Puede pedir que una persona mire otra vez una decisión. Dé el número de la decisión.
held-can-delete = Puede pedir que borremos lo que guardamos sobre usted. Recibirá un recibo firmado.

system-title = Cómo decide este servicio sobre las personas
system-lead = Esta página dice qué hace el programa, cuántas veces se equivoca y con quiénes. Tiene diez puntos sobre los que servicios así han dicho demasiado poco.
system-missing = { $count ->
    [0] El responsable del servicio ha dado todos los datos que pide esta página.
    [one] El responsable del servicio no ha dado { $count } de los datos que pide esta página.
   *[other] El responsable del servicio no ha dado { $count } de los datos que pide esta página.
}
system-english = Las palabras en inglés se citan tal como se publicaron.

point-algorithmic_decisions = Cómo se toman las decisiones
no-final-no = El programa por sí solo no rechaza a nadie de forma definitiva. Antes tiene que mirar una persona.
column-model = Modelo
column-role = Qué hace
column-training = Con qué aprendió
role-detector = encuentra caras
role-second_detector = mira otra vez donde no se encontró una cara
role-embedder = convierte una cara en números
role-mesh = encuentra puntos en una cara
role-passive_pad = distingue una cara de una foto de una cara
models-caption = Los modelos
rates-lead = Los errores no son iguales para todos los grupos de personas. La tabla muestra cuántas veces se tomó a dos personas distintas por una sola.
rates-caption = Con qué frecuencia se tomó a dos personas distintas por una sola
column-group = Grupo
column-rate = Medido
column-range = Margen probable
group-everyone = todos
rates-data = Medido con { $people } personas en { $comparisons } comparaciones. Hecho el { $date }.
rates-missed = En el { $count } de los pares de fotos de una misma persona, el programa no reconoció que era una sola (margen probable: de { $low } a { $high }). Esto viene de otras fotos que la tabla, y no se sabe para cada grupo.
rates-missed-unknown = No se sabe cuántas veces no se reconoce a una persona como la misma.
rates-few-people = En otros { $groups } grupos se probó con muy pocas personas para prometer algo.
rates-children = Para el programa, los niños pequeños se parecen más entre sí que los adultos. No se promete nada para niños menores de diez años. En el peor grupo de niños, hasta el { $count } de las parejas de niños distintos contarían como una sola persona. No se sabe cuántas veces el programa no reconoce a un niño. Una persona debe revisar cada decisión sobre un niño.
rates-labels = Para tratar a los grupos de forma más pareja, el programa se ajustó con { $people } fotos etiquetadas. Otras personas pusieron las etiquetas, como raza, sexo o edad. Cuando el programa decide sobre usted, no conoce ni adivina su grupo.

point-data_collection = Qué se recoge y para qué

point-eligibility = Qué necesita una foto
eligibility-file = El archivo puede ser JPEG, PNG, WebP, BMP o TIFF, de hasta { $pixels } millones de píxeles.
eligibility-one-face = Debe mostrar una cara. Si muestra varias, se usa la más grande.
eligibility-one-only = Debe mostrar una sola cara.
eligibility-off = No se juzga la calidad de las fotos.
eligibility-advise = Una foto mala da lugar a un consejo. No se rechaza por eso.
eligibility-enforce = Una foto demasiado mala se devuelve con un consejo.
eligibility-best = Así funciona mejor:

point-appeals = Quejas y apelaciones
appeals-how = Cualquiera puede pedir que una persona mire otra vez una decisión. Lo que esa persona decide, y por qué, se añade al registro.
appeals-counted = Se cuenta, para cada grupo, cuántas veces las personas corrigen al programa.

point-oversight = Quién lo vigila
oversight-open = El código fuente es abierto. Gente de fuera puede revisar los registros de decisiones sin ver ninguna cara.
oversight-body = Organismo externo
access-who = Quién puede ver lo que se guarda

point-retention = Qué se guarda y por cuánto tiempo
retention-default = Por sí mismo, el programa no guarda fotos.
retention-forget = Lo que se guarda sobre una persona se puede borrar. Un recibo permite después que otros lo comprueben.

point-security = Cómo se protege
security-program = El programa no abre ninguna conexión de red mientras decide. Revisa cada archivo de modelo antes de usarlo. Las listas de números guardadas están cifradas, con una clave distinta para cada persona.
security-record = Los registros de decisiones están encadenados, de modo que un cambio posterior se nota.
security-measures = Qué más hace el responsable del servicio
security-contact = Dónde avisar de un punto débil

point-evaluations = Cada cuánto se pone a prueba
evaluations-how = El programa se puede poner a prueba en cualquier momento con lo que decidió, grupo por grupo.
audit-date = Última prueba
audit-every = Tiempo entre pruebas
audit-result = Resultado de la última prueba
audit-verdicts = reglas cumplidas: { $passed }; reglas incumplidas: { $failed }; sin aclarar: { $open }
audit-no-rules = no se probó ninguna regla

point-metrics = Cómo se mide el éxito
metrics-what = Para cada grupo se cuenta cuántas veces se toma a dos personas por una, cuántas veces no se reconoce a una persona como la misma, cuántas fotos no se pueden usar y cuántas veces las personas corrigen al programa.
metrics-stated = Resultados, según el responsable del servicio

point-third_parties = Quién más participa
third-nothing = El programa no informa a nadie. No envía datos de uso ni de errores.
third-models = Otros hicieron los modelos. La tabla del punto 1 dice cuáles son. Funcionan en las máquinas del propio responsable, y quienes los hicieron no reciben datos.
third-parties = Otros participantes
