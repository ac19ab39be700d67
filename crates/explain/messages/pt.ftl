### Portuguese (português), in the spelling and forms of Brazil. Translated by a machine from
### messages/en.ftl; no native speaker has read it.

-review-status = unreviewed

language-name = Português
note-unreviewed = Estas palavras foram traduzidas por uma máquina. Nenhum falante nativo as conferiu ainda.
note-reviewed = Um falante nativo conferiu estas palavras.
sentence = { $text }.
percent = { $number } %

heading-outcome = O resultado
outcome-match = Confere: as duas fotos parecem ser da mesma pessoa.
outcome-non_match = Não confirmado: para o programa, as duas fotos não são parecidas o bastante.
outcome-undecided = Não decidido: o programa não conseguiu decidir com estas fotos.
heading-next = O que acontece agora
next-match = Você não precisa fazer nada.
next-non_match = Isto não é um não definitivo. Programas erram. Antes que alguém lhe diga não, uma pessoa precisa olhar.
next-undecided = Isto não é um não. Você pode tentar de novo com uma foto nova, e pode pedir que uma pessoa olhe.
exit-match = Código de saída 0: confere
exit-non_match = Código de saída 1: não confirmado
exit-undecided = Código de saída 3: não decidido
exit-error = Código de saída 2: houve um erro; nada foi decidido

heading-why = Por quê
heading-also = Também é bom saber
whose-probe = Foto nova: { $text }
whose-reference = Foto guardada: { $text }
advice-you = O que você pode fazer: { $text }
advice-operator = Para quem cuida deste serviço: { $text }

reason-several_pages = o arquivo contém várias páginas, e só a primeira foi examinada
    .advice = se o rosto está em outra página, envie essa página como uma imagem separada
reason-no_face_found = nenhum rosto foi encontrado
    .advice = olhe para a câmera, com luz de frente e a cabeça inteira na foto
reason-several_faces_largest_used = há vários rostos; o maior foi usado
    .advice = confira se o maior rosto é o da pessoa certa
reason-several_faces_refused = há vários rostos, e é preciso um só
    .advice = tire a foto com uma só pessoa
reason-landmarks_outside_image = os olhos, o nariz ou a boca estão fora da foto
    .advice = afaste a câmera, para que a cabeça inteira apareça na foto
reason-landmarks_unusable = não foi possível distinguir os olhos, o nariz e a boca
    .advice = olhe para a câmera e fique parado
reason-face_cut_by_border = a borda da foto corta o rosto
    .advice = afaste a câmera, para que a cabeça inteira apareça na foto
reason-face_small = o rosto está pequeno, e há poucos detalhes para comparar
    .advice = chegue mais perto da câmera, ou envie uma foto maior
reason-found_with_more_light = o rosto só foi encontrado depois de clarear a foto
    .advice = tire a foto com mais luz no rosto
reason-face_in_little_light = havia pouca luz, por isso o rosto foi primeiro deixado mais claro
    .advice = tire a foto com mais luz no rosto
reason-found_turned = o rosto só foi encontrado depois de girar a foto
    .advice = envie a foto na posição certa, de pé
reason-other_face_prominent = o rosto de outra pessoa é quase do mesmo tamanho
    .advice = tire a foto sem mais ninguém perto da câmera
reason-face_hidden = parte do rosto parece estar coberta
    .advice = tire os óculos escuros ou a máscara e afaste o cabelo; o que você usa por sua fé ou sua saúde pode ficar
reason-face_out_of_proportion = o rosto está achatado ou esticado na foto
    .advice = envie a foto como a câmera a tirou, sem mudar a forma dela
reason-face_unclear = a foto mostra ao programa muito pouco do rosto para comparar
    .advice = tire uma nova foto de frente, com luz uniforme e nada na frente do rosto
reason-picture_negative = o claro e o escuro da foto estão invertidos, como num negativo
    .advice = envie a foto com as cores verdadeiras
reason-too_little_light = a câmera teve pouca luz para este rosto
    .advice = vire-se para uma janela ou uma lâmpada
reason-too_much_light = partes do rosto estão tão claras que não mostram nada
    .advice = saia da luz forte e desligue o flash
reason-light_from_one_side = um lado do rosto está na sombra
    .advice = vire-se até que a luz venha de frente
reason-picture_flat = o rosto tem pouco contraste, como em meio à neblina
    .advice = limpe a lente e não fique com a luz atrás de você
reason-picture_blurred = o rosto está fora de foco
    .advice = limpe a lente, segure o telefone com o braço esticado e toque no rosto na tela para focar
reason-picture_shaken = a foto saiu tremida
    .advice = fique parado e apoie o telefone em alguma coisa
reason-head_turned = a cabeça está virada para um lado
    .advice = olhe direto para a câmera
reason-head_up_or_down = o rosto está virado para cima ou para baixo
    .advice = segure a câmera na altura dos olhos
reason-head_tilted = a cabeça ou a câmera está inclinada
    .advice = mantenha a cabeça e a câmera retas
reason-picture_compressed = o arquivo ficou tão pequeno que se perderam detalhes
    .advice = envie a foto original, não uma cópia encaminhada
reason-light_coloured = a luz no rosto tem uma cor forte
    .advice = use a luz do dia ou uma lâmpada branca
reason-liveness_not_checked = não foi verificado se havia uma pessoa de verdade diante da câmera
    .advice = não confie só nisto onde alguém possa mostrar uma foto à câmera
reason-no_attack_signs_seen = não se viu nenhum sinal de fraude na foto, mas isso não mostra que havia uma pessoa ali
    .advice = não confie só nisto onde alguém possa mostrar uma foto à câmera
reason-attack_signs_unclear = a foto pode ser uma foto de outra imagem
    .advice = tire uma foto nova da pessoa, ou siga os passos diante da câmera
reason-attack_signs_seen = a foto parece ter sido tirada de uma tela ou de um papel impresso
    .advice = tire uma foto nova da pessoa, não de uma imagem; se for recusada de novo, uma pessoa precisa olhar
reason-liveness_shown = uma pessoa de verdade fez o que foi pedido, quando foi pedido
reason-liveness_unclear = a câmera não mostrou o bastante para saber se havia uma pessoa de verdade ali
    .advice = tente de novo com luz igual dos dois lados, devagar, com o rosto inteiro na imagem
reason-liveness_abrupt = a imagem da câmera mudou rápido demais
    .advice = segure o telefone sem mexer e faça os gestos mais devagar
reason-liveness_pictures_missing = a câmera ou a conexão deixaram imagens de fora
    .advice = feche outros programas e tente de novo onde a conexão for boa
reason-liveness_by_person = quem decide esta sessão diante da câmera não é uma máquina, é uma pessoa
    .advice = você não precisa tentar de novo; uma pessoa vai olhar as imagens
reason-liveness_failed = a câmera mostrou algo que não se veria com uma pessoa de verdade diante dela
    .advice = comece de novo com novos passos, diante da câmera; se for recusado de novo, uma pessoa precisa olhar
reason-liveness_of_other_person = a pessoa diante da câmera não é a da foto nova
    .advice = a mesma pessoa deve estar na foto e seguir os passos
reason-score_at_or_above_threshold = os rostos são parecidos o bastante para alcançar o limite
reason-score_below_threshold = os rostos não são parecidos o bastante para alcançar o limite
    .advice = tire uma foto nova com boa luz; se for recusada de novo, uma pessoa precisa olhar
reason-score_in_review_band = os rostos estão perto demais do limite para uma máquina decidir
    .advice = uma pessoa precisa olhar as duas fotos
reason-threshold_not_calibrated = nenhuma taxa de erro foi medida para este limite
    .advice = meça as taxas de erro na sua própria população antes de confiar nele
reason-identical_files = as duas fotos são o mesmo arquivo, o que não prova nada sobre uma pessoa
    .advice = use uma foto nova

heading-liveness = Havia uma pessoa de verdade ali?
liveness-pass = Sim. A câmera mostrou uma pessoa de verdade.
liveness-fail = A câmera ou a foto deram sinais de que não havia uma pessoa de verdade ali. Esses sinais podem estar errados.
liveness-inconclusive = Não se sabe. Não se viu o bastante.
liveness-not_checked = Isso não foi verificado.

heading-how = Como se decidiu
how-limit = O programa calcula um número que diz o quanto dois rostos se parecem. A partir de um limite, as duas fotos contam como uma só pessoa.
how-claim = Com este limite, no máximo { $count } dos pares de pessoas diferentes contam como uma só pessoa, com 95 % de confiança. Este número é o do grupo com mais erros desse tipo, entre os grupos testados. Ele vem de { $comparisons } comparações.
how-no-claim = Nenhuma taxa de erro foi medida para este limite.
how-hidden = O número não é mostrado aqui. Ele poderia ajudar quem quer enganar o programa.
how-score = Semelhança { $score }, limite { $limit }, em uma escala que vai até 1.
how-raw = Semelhança antes de normalizar: { $score }.
how-one-person = Uma semelhança assim é cerca de { $times } vezes mais comum entre fotos de uma só pessoa do que entre fotos de duas pessoas.
how-two-people = Uma semelhança assim é cerca de { $times } vezes mais comum entre fotos de duas pessoas do que entre fotos de uma só pessoa.
how-either = Uma semelhança assim é mais ou menos tão comum entre fotos de uma só pessoa como entre fotos de duas pessoas.
how-near-limit = Isso parece falar contra uma correspondência. Mas quem decide é o limite, e ele foi medido com outras fotos. Uma semelhança tão perto do limite é uma prova fraca: se muito depender disso, peça que uma pessoa olhe.
how-strict-limit = O limite pede mais do que isso, para que poucos pares de pessoas diferentes contem como uma só pessoa.

heading-appeal = Se você não concorda
appeal-right = Você pode pedir que uma pessoa olhe esta decisão de novo. Informe o número da decisão.
appeal-contact = Onde pedir
appeal-answer = Resposta em até
heading-data = O que foi feito com as fotos
data-process = O programa procurou o rosto em cada foto. Transformou cada rosto em uma lista de números e comparou as duas listas.
data-not = Ele não adivinhou a idade, o sexo, a raça nem os sentimentos de ninguém. Não procurou ninguém em uma multidão. Não enviou nada por uma rede.
data-record = O registro desta decisão não guarda nenhuma foto nem nenhuma dessas listas de números. Guarda uma soma de verificação de cada arquivo, onde estava o rosto, o que foi medido na foto, os motivos e os modelos usados.
heading-kept = O que guardamos sobre você, e por quanto tempo
kept-photos = Fotos
kept-templates = Listas de números feitas a partir de rostos
kept-decisions = Registros de decisões
kept-days = { $days ->
    [0] não são guardados
    [one] { $days } dia
   *[other] { $days } dias
}
within-days = { $days ->
    [one] { $days } dia
   *[other] { $days } dias
}
not-stated = o responsável pelo serviço não informou
none-stated = nenhum, segundo o responsável pelo serviço

fact-decision = Decisão
fact-program = Programa
fact-models = Modelos
fact-limit = De onde vem o limite
fact-operator = Responsável por este serviço
fact-contact = Contato
fact-purpose = Para que serve
fact-law = Base legal

explanation-title = O que foi decidido, e por quê

held-title = O que guardamos sobre { $name }
held-made = Esta página foi feita em { $date }.
held-why = Por quê: { $text }
held-purpose = Finalidade: { $text }
held-until = De { $since } até { $until }
held-no-end = Desde { $since }, sem data final definida
held-how = Como: { $text }
held-sealed = Criptografamos isto com uma chave separada. Apagamos quando você pede ou quando o prazo termina.
held-template = Uma lista de números feita a partir do seu rosto
held-template-why = Nós a comparamos com uma foto nova para conferir que é você.
held-name = O seu nome
held-name-why = Precisamos dele para encontrar o que guardamos sobre você.
held-checksums = Somas de verificação das suas fotos, e medidas de quanto elas são boas e parecidas, mas não as fotos
held-checksums-why = Elas ajudam a explicar as decisões. Também mostram se a mesma foto é usada de novo.
held-stated = O que você nos disse para conferir a igualdade de tratamento
held-stated-why = Com isto conferimos se o programa trata todos os grupos da mesma forma.
held-stated-how = Criptografamos isto. Uma cópia fica com cada decisão. A cópia tem um código no lugar do seu nome.
held-photo = Uma foto sua
held-photo-why = Uma pessoa pode olhar a foto para rever o que o programa decidiu. Você concordou com isso.
held-photo-how = Criptografamos a foto com uma chave separada. Apagamos quando a revisão termina ou quando você pede.
held-decisions = Decisões sobre você, com os motivos, os números de semelhança e o que foi medido nas fotos
held-decisions-why = Com elas podemos explicar uma decisão, repeti-la, conferi-la e olhar de novo se você pedir.
held-decisions-how = O registro de decisões não pode ser mudado. Ele tem um código no lugar do seu nome. Quando apagamos o que guardamos sobre você, apagamos também a ligação entre esse código e você.
held-photos = { $count ->
    [one] A lista de números foi feita a partir de { $count } foto.
   *[other] A lista de números foi feita a partir de { $count } fotos.
}
held-photos-only = Só guardamos uma foto se esta página disser isso.
held-heading-decisions = Decisões sobre você
held-no-decisions = Nenhuma decisão foi tomada sobre você.
held-when = Quando
held-follows = O que isso significa para você
held-confirmed = Foi confirmado que é você.
held-person_must_look = Uma pessoa precisa olhar isto antes que alguém lhe diga não.
held-refused = A resposta foi não. Você pode pedir que uma pessoa olhe.
held-not_decided = É preciso uma foto nova, ou uma pessoa precisa olhar.
held-appeal = Recurso
held-appeal-none = Não há recurso.
held-appeal-open = Há um recurso. Ninguém olhou ainda.
held-appeal-under_review = Uma pessoa está olhando agora.
held-appeal-upheld = Uma pessoa olhou. O resultado fica como está.
held-appeal-overturned = Uma pessoa olhou. O primeiro resultado estava errado e foi mudado.
held-reviewer = O que essa pessoa escreveu
held-heading-can = O que você pode fazer
held-can-appeal = Você pode pedir que uma pessoa olhe uma decisão de novo. Informe o número da decisão.
held-can-delete = Você pode pedir que apaguemos o que guardamos sobre você. Você recebe um recibo assinado.

system-title = Como este serviço decide sobre as pessoas
system-lead = Esta página diz o que o programa faz, quantas vezes ele erra, e com quem. Ela tem dez pontos, sobre os quais serviços assim disseram muito pouco.
system-missing = { $count ->
    [0] O responsável pelo serviço deu todas as informações que esta página pede.
    [one] O responsável pelo serviço não deu { $count } das informações que esta página pede.
   *[other] O responsável pelo serviço não deu { $count } das informações que esta página pede.
}
system-english = As palavras em inglês são citadas como foram publicadas.

point-algorithmic_decisions = Como as decisões são tomadas
no-final-no = O programa sozinho não dá nenhum não definitivo. Antes, uma pessoa precisa olhar.
column-model = Modelo
column-role = O que faz
column-training = Com o que aprendeu
role-detector = encontra rostos
role-second_detector = olha de novo onde nenhum rosto foi encontrado
role-embedder = transforma um rosto em números
role-mesh = encontra pontos em um rosto
role-passive_pad = distingue um rosto de uma foto de um rosto
models-caption = Os modelos
rates-lead = Os erros não são iguais para todos os grupos de pessoas. A tabela mostra quantas vezes duas pessoas diferentes foram tomadas por uma só.
rates-caption = Com que frequência duas pessoas diferentes foram tomadas por uma só
column-group = Grupo
column-rate = Medido
column-range = Faixa provável
group-everyone = todos
rates-data = Medido com { $people } pessoas em { $comparisons } comparações. Feito em { $date }.
rates-missed = Em { $count } dos pares de fotos de uma mesma pessoa, o programa não viu que era uma só (faixa provável: de { $low } a { $high }). Isto vem de outras fotos que não as da tabela, e não se sabe para cada grupo.
rates-missed-unknown = Não se sabe quantas vezes uma pessoa não é vista como a mesma.
rates-few-people = Em mais { $groups } grupos, foram testadas pessoas de menos para prometer algo.
rates-children = Para o programa, crianças pequenas se parecem mais entre si do que adultos. Nada é prometido para crianças com menos de dez anos. No pior grupo de crianças, até { $count } dos pares de crianças diferentes contariam como uma só pessoa. Não se sabe quantas vezes o programa não reconhece uma criança. Uma pessoa deve verificar cada decisão sobre uma criança.
rates-labels = Para tratar os grupos de modo mais igual, o programa foi ajustado com { $people } fotos com rótulos. Outras pessoas deram os rótulos, como raça, sexo ou idade. Quando o programa decide sobre você, ele não conhece nem adivinha o seu grupo.

point-data_collection = O que é coletado, e para quê

point-eligibility = O que uma foto precisa ter
eligibility-file = O arquivo pode ser JPEG, PNG, WebP, BMP ou TIFF, com até { $pixels } milhões de pixels.
eligibility-one-face = Ela deve mostrar um rosto. Se mostrar vários, o maior é usado.
eligibility-one-only = Ela deve mostrar um só rosto.
eligibility-off = A qualidade das fotos não é julgada.
eligibility-advise = Uma foto ruim traz um conselho. Ela não é recusada por isso.
eligibility-enforce = Uma foto ruim demais é devolvida com um conselho.
eligibility-best = Funciona melhor assim:

point-appeals = Reclamações e recursos
appeals-how = Qualquer um pode pedir que uma pessoa olhe uma decisão de novo. O que essa pessoa decide, e por quê, é acrescentado ao registro.
appeals-counted = Conta-se, para cada grupo, quantas vezes as pessoas corrigem o programa.

point-oversight = Quem vigia
oversight-open = O código-fonte é aberto. Gente de fora pode conferir os registros de decisões sem ver nenhum rosto.
oversight-body = Órgão externo
access-who = Quem pode ver o que é guardado

point-retention = O que é armazenado, e por quanto tempo
retention-default = Por si só, o programa não guarda nenhuma foto.
retention-forget = O que está guardado sobre uma pessoa pode ser apagado. Um recibo permite depois que outros confiram isso.

point-security = Como é protegido
security-program = O programa não abre nenhuma conexão de rede enquanto decide. Ele confere cada arquivo de modelo antes de usá-lo. As listas de números guardadas são criptografadas, com uma chave separada para cada pessoa.
security-record = Os registros de decisões são encadeados, de modo que uma mudança posterior aparece.
security-measures = O que mais o responsável pelo serviço faz
security-contact = Onde avisar de um ponto fraco

point-evaluations = De quanto em quanto tempo é testado
evaluations-how = O programa pode ser testado a qualquer momento com o que decidiu, grupo por grupo.
audit-date = Último teste
audit-every = Tempo entre testes
audit-result = Resultado do último teste
audit-verdicts = regras cumpridas: { $passed }; regras não cumpridas: { $failed }; ainda em aberto: { $open }
audit-no-rules = nenhuma regra foi testada

point-metrics = Como se mede o sucesso
metrics-what = Para cada grupo, conta-se quantas vezes duas pessoas são tomadas por uma, quantas vezes uma pessoa não é vista como a mesma, quantas fotos não podem ser usadas e quantas vezes as pessoas corrigem o programa.
metrics-stated = Resultados, segundo o responsável pelo serviço

point-third_parties = Quem mais participa
third-nothing = O programa não envia relatórios a ninguém. Não envia dados de uso nem de erros.
third-models = Os modelos foram feitos por outros. A tabela do ponto 1 os nomeia. Eles rodam nas máquinas do próprio responsável, e quem os fez não recebe dados.
third-parties = Outros participantes
